// The lint rules and the compiler fence, each tried with a file that breaks it. (The import rules try themselves on every
// run of check-imports.ts.) A mistyped glob or rule name in a configuration would otherwise look like clean code.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const FILES = ['.oxlintrc.json', 'tsconfig.json', 'package.json', 'workflows/tsconfig.json'];

const LINT: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['no-restricted-imports', 'domain/os.ts', `import { hostname } from 'node:os';\nexport const name = hostname();\n`],
  ['no-restricted-imports', 'domain/up.ts', `export type { Row } from '../store/rows.ts';\n`],
  ['no-restricted-imports', 'workflows/zod.ts', `export { z } from 'zod';\n`],
  ['no-restricted-imports', 'workflows/store.ts', `export type { Row } from '../store/rows.ts';\n`],
  ['no-floating-promises', 'hub/floating.ts', `const later = async () => 1;\nlater();\n`],
  ['no-misused-promises', 'hub/misused.ts', `export const on = (go: () => Promise<boolean>) => (go() ? 1 : 2);\n`],
  [
    'switch-exhaustiveness-check',
    'hub/switch.ts',
    `export function f(x: 'a' | 'b') {\n  switch (x) {\n    case 'a':\n      return 1;\n  }\n  return 2;\n}\n`,
  ],
  ['no-explicit-any', 'hub/any.ts', `export const x = (y: any) => y;\n`],
  [
    'consistent-type-imports',
    'hub/types.ts',
    `import { Row } from '../store/rows.ts';\nexport const x = (r: Row) => r;\n`,
  ],
  ['no-cycle', 'hub/egg.ts', `import { hen } from './hen.ts';\nexport const egg = () => hen();\n`],
  ['eqeqeq', 'hub/eq.ts', `export const same = (x: string, y: string) => x == y;\n`],
  ['no-barrel-file', 'hub/barrel.ts', `export * from '../store/rows.ts';\n`],
  ['no-default-export', 'hub/default.ts', `export default 1;\n`],
  ['expect-expect', 'hub/empty.test.ts', `import { test } from '@jest/globals';\ntest('asserts nothing', () => {});\n`],
  [
    'no-focused-tests',
    'hub/only.test.ts',
    `import { expect, test } from '@jest/globals';\ntest.only('a', () => expect(1).toBe(1));\n`,
  ],
  ['no-unused-vars', 'hub/unused.ts', `const nobody = 1;\n`],
  ['unused-disable', 'hub/disable.ts', `// oxlint-disable-next-line eqeqeq\nexport const one = 1;\n`],
];

const INNOCENT: readonly (readonly [file: string, text: string])[] = [
  ['store/rows.ts', `export interface Row {\n  readonly id: string;\n}\n`],
  ['hub/hen.ts', `import { egg } from './egg.ts';\nexport const hen = (): unknown => egg();\n`],
  ['domain/bead.ts', `export const states = ['open', 'closed'] as const;\n`],
  ['domain/bead.test.ts', `import { hostname } from 'node:os';\nexport const name = hostname();\n`],
  [
    'workflows/bead.ts',
    `import { sleep } from '@temporalio/workflow';\nimport { states } from '../domain/bead.ts';\nexport const pause = () => sleep(states.length);\n`,
  ],
];

let folder: string;
const lay = (file: string, text: string): void => {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
};
const run = (script: string, ...args: string[]): string => {
  const { stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return `${stdout}${stderr}`;
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'loom-fences-'));
  for (const file of FILES) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('lint', () => {
  let reported: string[];

  beforeAll(() => {
    for (const [file, text] of INNOCENT) lay(file, text);
    for (const [, file, text] of LINT) lay(file, text);
    reported = run('oxlint/bin/oxlint', '--format', 'unix', '.').split('\n');
  });

  test.each(LINT)('reports %s in %s', (rule, file) => {
    const words = rule === 'unused-disable' ? 'Unused' : rule;
    expect(reported.filter((line) => line.startsWith(`${file}:`) && line.includes(words))).not.toEqual([]);
  });

  test.each(INNOCENT.filter(([file]) => !file.startsWith('hub/')))('has nothing against %s', (file) => {
    expect(reported.filter((line) => line.startsWith(`${file}:`))).toEqual([]);
  });
});

describe('the compiler fence', () => {
  test.each([
    ['process', 'workflows/name.ts', `export const home = process.env['HOME'];\n`],
    ['Buffer', 'domain/name.ts', `export const size = (text: string) => Buffer.byteLength(text);\n`],
  ])('does not know the name %s in %s', (name, file, text) => {
    lay(file, text);
    const output = run('typescript/bin/tsc', '-p', 'workflows/tsconfig.json', '--pretty', 'false');
    expect(output).toContain(`Cannot find name '${name}'`);
    expect(output).toContain(file);
  });
});
