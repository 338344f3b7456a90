import { describe, expect, test } from '@jest/globals';
import { protectedChanges } from './protection.ts';

const taken = (status: 'A' | 'M' | 'D' | 'T', path: string, globs: string[] = []) =>
  protectedChanges([{ status, path }], globs).length === 1;

describe('protectedChanges', () => {
  test('leaves changes of sources alone', () => {
    expect(taken('M', 'src/index.js')).toBe(false);
    expect(taken('A', 'src/new.js')).toBe(false);
    expect(taken('D', 'lib/latest.py')).toBe(false);
  });

  test.each(['test/a.js', 'src/__tests__/b.ts', 'src/c.test.ts', 'pkg/d_test.go', 'tests/test_e.py', 'spec/f.rb'])(
    'takes back that the existing test %s was changed or removed, and lets a new one in',
    (path) => {
      expect(taken('M', path)).toBe(true);
      expect(taken('D', path)).toBe(true);
      expect(taken('A', path)).toBe(false);
    },
  );

  test('takes back whatever the project protects, new files included', () => {
    expect(taken('A', 'test/new.js', ['test/**'])).toBe(true);
    expect(taken('M', 'package.json', ['package.json'])).toBe(true);
    expect(taken('A', 'config/.hidden', ['config/**'])).toBe(true);
  });

  test('takes back changes of the way in which Loom checks the project', () => {
    expect(taken('M', '.loom/project.yaml')).toBe(true);
    expect(taken('A', '.loom/project.yaml')).toBe(true);
  });
});
