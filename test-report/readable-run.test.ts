import { describe, expect, test } from '@jest/globals';
import { readableRun } from './readable-run.ts';
import type { ReadableRun } from './readable-run.ts';

const run = (command: string, script?: string, pattern?: string): ReadableRun =>
  readableRun({
    command,
    manifest: script === undefined ? null : JSON.stringify({ scripts: { test: script } }),
    reporterPath: '/r.mjs',
    ...(pattern === undefined ? {} : { pattern }),
  });

describe('the runner', () => {
  test.each([
    ['node --test', undefined, 'node:test'],
    ['npm test', 'node --test test/', 'node:test'],
    ['npm run test', 'vitest run', 'vitest'],
    ['yarn test', 'NODE_ENV=test npx jest --ci', 'jest'],
    ['npx mocha', undefined, 'mocha'],
    ['node node_modules/jest/bin/jest.js', undefined, 'jest'],
    ['python3 -m pytest tests', undefined, 'pytest'],
    ['python3 -m unittest discover -s tests', undefined, 'unittest'],
    ['make check', undefined, null],
    ['npm test', undefined, null],
  ] as const)('of %j with the script %j is %s', (command, script, runner) => {
    expect(run(command, script).runner).toBe(runner);
  });
});

describe('the command', () => {
  test.each([
    ['npm test', 'node --test', 'npm test'],
    ['npm test', 'jest', 'npm test -- --verbose'],
    ['yarn test', 'jest', 'yarn test --verbose'],
    ['npm test', 'jest && eslint .', 'npm test'],
    ['npx vitest run', undefined, 'npx vitest run --reporter=verbose'],
    ['python3 -m unittest', undefined, 'python3 -m unittest -v'],
    ['python3 -m unittest -v', undefined, 'python3 -m unittest -v'],
    ['python3 -m unittest | tee log', undefined, 'python3 -m unittest | tee log'],
    ['make check', undefined, 'make check'],
  ])('%j with the script %j becomes %j', (command, script, expected) => {
    expect(run(command, script).command).toBe(expected);
  });

  test('leaves alone a run of node:test that has reporters of its own', () => {
    expect(run('node --test').env.NODE_OPTIONS).toContain('--test-reporter=/r.mjs');
    expect(run('npm test', 'node --test --test-reporter=dot').env.NODE_OPTIONS).toBeUndefined();
  });
});

describe('a pattern', () => {
  test.each([
    ['npm test', 'jest', `npm test -- --verbose -t 'a b'`],
    ['npm test', 'mocha test', `npm test -- -g 'a b'`],
    ['python3 -m unittest', undefined, `python3 -m unittest -v -k 'a b'`],
  ])('goes to %j with the script %j as a flag', (command, script, expected) => {
    expect(run(command, script, 'a b')).toMatchObject({ command: expected, patternIgnored: false });
  });

  test('goes to node:test and pytest by the environment', () => {
    expect(run('npm test', 'node --test', 'a "b"').env.NODE_OPTIONS).toContain(
      String.raw`"--test-name-pattern=a \"b\""`,
    );
    expect(run('pytest', undefined, 'a b').env.PYTEST_ADDOPTS).toBe(`-rfEpsxX -k 'a b'`);
  });

  test('cannot break out of its quotes', () => {
    expect(run('npx jest', undefined, `'; rm -rf / #`).command).toBe(
      String.raw`npx jest --verbose -t ''\''; rm -rf / #'`,
    );
  });

  test('is said to be ignored where nobody would take it', () => {
    expect(run('make check', undefined, 'a').patternIgnored).toBe(true);
    expect(run('npm test', 'jest && eslint .', 'a').patternIgnored).toBe(true);
  });
});
