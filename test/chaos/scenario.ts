// What the runs under chaos do. Every text and every tree that comes of a scenario is the same each time, so that two runs of it can
// be compared; and what it does is not idempotent, so that an action executed twice shows.
import type { ScriptedTurn } from '../support/scripted-provider.ts';

export interface Scenario {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** Body of `POST /projects` beyond name and repository. */
  readonly project: Readonly<Record<string, unknown>>;
  /** Body of `POST /beads` beyond the project. */
  readonly bead: Readonly<Record<string, unknown>>;
  readonly script: readonly ScriptedTurn[];
}

type Call = ScriptedTurn['calls'][number];

export const call = (action: string, args: Call['arguments'] = {}): Call => ({ action, arguments: args });
export const shell = (command: string, more: Readonly<Record<string, string | number>> = {}): Call =>
  call('run_command', { command, ...more });
/** Thinking takes long enough to be killed in. */
const THINKING_MS = 100;

export const turn = (...calls: readonly Call[]): ScriptedTurn => ({
  text: calls.map(({ action }) => action).join(' then '),
  delayMs: THINKING_MS,
  calls,
});

/** A sum that leaves its first value out, and two tests of which one fails because of it. */
export const SAMPLE_PROJECT: Readonly<Record<string, string>> = {
  'package.json': '{"name":"sample","type":"module","scripts":{"test":"node --test"}}\n',
  '.gitignore': 'cache/\n',
  'src/sum.js':
    'export function sum(values) {\n  let total = 0;\n  for (let i = 1; i < values.length; i++) {\n    total += values[i];\n  }\n  return total;\n}\n',
  'test/sum.test.js':
    "import test from 'node:test';\nimport assert from 'node:assert/strict';\nimport { sum } from '../src/sum.js';\n\ntest('sums nothing', () => assert.equal(sum([]), 0));\ntest('sums all', () => assert.equal(sum([1, 2, 3]), 6));\n",
  'log.txt': 'begun\n',
};

export const FAILING_TEST = { file: 'test/sum.test.js', name: 'sums all' };

/** What set-up makes is ignored by git: whoever takes a run over has to make it again. */
export const SAMPLE_CHECKS = {
  checks: { test: 'npm test', timeoutMs: 60_000 },
  setup: 'mkdir -p cache && echo ready > cache/ready',
};
