import { describe, expect, test } from '@jest/globals';
import { detectTestCommand } from './detect-checks.ts';

const npm = (test: string): string => JSON.stringify({ scripts: { test } });

describe('the test command that files suggest', () => {
  test.each<[string, Record<string, string>, string | null]>([
    ['a package with a test script', { 'package.json': npm('vitest') }, 'npm test'],
    ['the script that npm init writes', { 'package.json': npm('echo "Error: no test specified" && exit 1') }, null],
    ['a package without scripts', { 'package.json': '{}' }, null],
    ['a package that is no JSON', { 'package.json': '{' }, null],
    ['a package that is null', { 'package.json': 'null' }, null],
    ['a Go module', { 'go.mod': 'module x' }, 'go test ./...'],
    ['a crate', { 'Cargo.toml': '[package]' }, 'cargo test'],
    ['a project configured for pytest', { 'pyproject.toml': '[tool.pytest.ini_options]' }, 'python3 -m pytest'],
    ['a project with pytest.ini', { 'pytest.ini': '' }, 'python3 -m pytest'],
    ['Python with a folder of tests', { 'setup.py': '', 'tests/': '' }, 'python3 -m unittest discover'],
    ['Python without tests', { 'pyproject.toml': '[project]' }, null],
    ['nothing that is known', { 'src/': '' }, null],
  ])('%s', (_, files, expected) => {
    expect(detectTestCommand(new Map(Object.entries(files)))).toBe(expected);
  });
});
