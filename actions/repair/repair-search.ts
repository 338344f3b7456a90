// repair_search: Loom's search for a small edit that turns failing tests green. The search runs in the sandbox on the workspace
// and changes nothing there; what it found is applied here, through the platform's own hands.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LoomError } from '../../domain/errors.ts';
import { readFileIn, writeFileIn } from '../../workspace/files.ts';
import { failed, ok } from '../action.ts';
import { refusalOf } from '../protected-path.ts';
import { decodeText, encodeText } from '../text-file.ts';
import { applyEdits } from '../../repair/edits.ts';
import type { RepairEvent, RepairResult } from '../../repair/protocol.ts';
import type { ReadOnlyMount } from '../../sandbox/sandbox.ts';
import type { Action, ActionContext, ActionResult } from '../action.ts';

const MAX_SECONDS = 300;

/** What the engine needs of Loom's code. Never the whole of it: a data folder may lie within. */
const CODE = ['repair', 'node_modules', 'package.json'];
const INSIDE = '/opt/loom/app';

const input = z.strictObject({
  failing_tests: z
    .array(z.strictObject({ file: z.string(), name: z.string().min(1) }))
    .max(200)
    .describe('The tests that have to turn green; empty for whatever fails now.'),
  files: z.array(z.string().min(1)).max(500).optional().describe('Limits the search to these files or globs.'),
  max_evaluations: z.int().min(1).max(1_000_000).optional().describe('Candidates to try before giving up.'),
});

/** data: { outcome, reason, candidates, evaluations, confirmations, confidence, ms, suspects, diff?, operator?, alternatives } */
export const repairSearch: Action<z.infer<typeof input>> = {
  name: 'repair_search',
  summary:
    'Searches for a small edit of the source that makes the failing tests pass and keeps the others green, and applies it. Answers with the diff and how sure it is; does not change tests.',
  class: 'change',
  input,
  async run(given, context) {
    const { project } = context;
    if (project.testCommand === null) {
      return failed('NOT_CONFIGURED', 'This project names no test command, so no repair can be judged.');
    }
    const result = await search(
      {
        testCommand: project.testCommand,
        failingTests: given.failing_tests,
        ...(given.files === undefined ? {} : { files: given.files }),
        ...(given.max_evaluations === undefined ? {} : { maxEvaluations: given.max_evaluations }),
        protected: project.protectedPaths,
        testTimeoutMs: project.testTimeoutMs,
        maxSeconds: MAX_SECONDS,
      },
      context,
    );
    if (result.outcome === 'repaired' && result.patch !== undefined) {
      const refusal = await applyRepair(result.patch.edits, context);
      if (refusal !== null) return refusal;
    }
    return told(result);
  },
};

async function search(request: Readonly<Record<string, unknown>>, context: ActionContext): Promise<RepairResult> {
  const { workspace, sandbox, signal } = context;
  const mounts = codeMounts();
  const [engine] = mounts;
  if (engine === undefined) throw new Error('the engine has no code to mount');
  let pending = '';
  const decoder = new TextDecoder();
  const output = await sandbox.run({
    command: ['node', `${sandbox.mountPath(engine)}/main.ts`],
    workspaceDir: workspace.tree,
    mounts,
    stdin: JSON.stringify(request),
    timeoutMs: (MAX_SECONDS + 60) * 1000,
    outputLimitBytes: 4 * 1024 * 1024,
    signal,
    onStdout(chunk) {
      pending += decoder.decode(chunk, { stream: true });
      const lines = pending.split('\n');
      pending = (lines.pop() ?? '').slice(-64 * 1024);
      for (const line of lines) {
        const event = eventOf(line);
        if (event?.event === 'phase') context.note(`${event.phase}: ${event.detail}`);
        if (event?.event === 'progress')
          context.note(`${event.evaluations} candidates tried, ${event.green} turn the tests green`);
      }
    },
  });
  const result = output.stdout
    .split('\n')
    .map(eventOf)
    .findLast((event) => event?.event === 'result');
  if (result !== undefined && result?.event === 'result') return result;
  throw new LoomError(
    'UNAVAILABLE',
    `The repair search ended with ${output.exitCode ?? output.signal} and without a result: ${output.stderr.trim().slice(-1_000)}`,
    'Try again; if it stays so, repair by hand.',
  );
}

function codeMounts(): ReadOnlyMount[] {
  return CODE.map((name) => ({
    source: fileURLToPath(new URL(`../../${name}`, import.meta.url)),
    target: `${INSIDE}/${name}`,
  })).filter(({ source }) => existsSync(source));
}

function eventOf(line: string): RepairEvent | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as RepairEvent;
  } catch {
    return null; // something that the code under repair printed
  }
}

/** All edits are computed before the first file is written. */
async function applyRepair(
  edits: NonNullable<RepairResult['patch']>['edits'],
  context: ActionContext,
): Promise<ActionResult | null> {
  const { tree } = context.workspace;
  const planned: { path: string; bytes: Buffer; mode: number }[] = [];
  for (const path of new Set(edits.map(({ file }) => file))) {
    const refusal = refusalOf(path, context);
    if (refusal !== null) return refusal;
    const { bytes, mode } = await readFileIn(tree, path);
    const file = decodeText(bytes);
    if (file === null) return failed('NOT_TEXT', `The search edited ${path}, which is not text.`);
    // Offsets count from the first character of the file, its byte order mark included.
    const mark = file.mark ? '\uFEFF' : '';
    const text = applyEdits(
      mark + file.text,
      edits.filter((edit) => edit.file === path),
    ).slice(mark.length);
    const encoded = encodeText({ ...file, text });
    if (encoded === null) return failed('NOT_TEXT', `${path} lacks a character of the repair in its encoding.`);
    planned.push({ path, bytes: encoded, mode });
  }
  for (const { path, bytes, mode } of planned) await writeFileIn(tree, path, bytes, mode);
  return null;
}

function told(result: RepairResult): ActionResult {
  const { outcome, reason, candidates, evaluations, confirmations, confidence, ms, suspects, patch, alternatives } =
    result;
  const data = {
    outcome,
    reason,
    candidates,
    evaluations,
    confirmations,
    confidence,
    ms,
    suspects: suspects.slice(0, 10).map(({ file, line, score }) => ({ file, line, score })),
    alternatives: alternatives.slice(0, 5).map(({ operator, file, line, diff }) => ({ operator, file, line, diff })),
    ...(patch === undefined ? {} : { diff: patch.diff, operator: patch.operator }),
  };
  const tried = `${evaluations} of ${candidates} candidates tried, ${confirmations} test runs, ${Math.round(ms)} ms`;
  if (outcome === 'repaired' && patch !== undefined) {
    const others = alternatives.length === 0 ? '' : ` ${alternatives.length} other edits turn the tests green too.`;
    return ok(
      `Repaired and applied, confidence ${confidence.toFixed(2)} (${tried}).${others} ${reason}\n${patch.diff}`,
      data,
    );
  }
  return ok(`Nothing was changed: ${outcome} (${tried}). ${reason}`, data);
}
