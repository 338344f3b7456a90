// Runs a project's test command so that it can be read, and reads it. The gate and the action run_tests share it, so that an
// agent sees the tests as the gate will.
import type { CommandResult, Sandbox } from '../sandbox/sandbox.ts';
import { FileError } from '../workspace/file-error.ts';
import { readFileIn } from '../workspace/files.ts';
import { parseTestRun } from './parse-test-run.ts';
import { NODE_REPORTER, readableRun } from './readable-run.ts';
import type { Runner, TestReport } from './report.ts';

/** Marked lines must not be lost in the middle: enough for the report of some ten thousand tests. */
const CAPTURE_BYTES = 8 * 1024 * 1024;

export interface TestCommandSpec {
  readonly command: string;
  /** Host path of the checkout. */
  readonly workspaceDir: string;
  readonly sandbox: Sandbox;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Only tests whose name matches, in the runner's kind of pattern. */
  readonly pattern?: string;
  /** Where the caller knows better than the command shows. */
  readonly runner?: Runner;
}

export interface TestCommandRun {
  readonly result: CommandResult;
  readonly report: TestReport;
  /** Both streams for people, without the lines by which Loom reads the tests. */
  readonly output: string;
  /** The pattern could not be handed to the runner, so everything was run. */
  readonly patternIgnored: boolean;
}

/** Red tests are a result. @throws as {@link Sandbox.run} */
export async function runTestCommand(spec: TestCommandSpec): Promise<TestCommandRun> {
  const { workspaceDir, sandbox, timeoutMs, signal, pattern, runner } = spec;
  const readable = readableRun({
    command: spec.command,
    manifest: await manifestOf(workspaceDir),
    reporterPath: sandbox.mountPath(NODE_REPORTER),
    ...(pattern === undefined ? {} : { pattern }),
    ...(runner === undefined ? {} : { runner }),
  });
  const result = await sandbox.run({
    command: readable.command,
    env: readable.env,
    mounts: [NODE_REPORTER],
    workspaceDir,
    timeoutMs,
    outputLimitBytes: CAPTURE_BYTES,
    signal,
  });
  return {
    result,
    report: parseTestRun(result),
    output: `${result.stdout}\n${result.stderr.replaceAll(/^##loom-test .*\n?/gm, '')}`.trim(),
    patternIgnored: readable.patternIgnored,
  };
}

/** The text of package.json; null where there is none that can be read. */
async function manifestOf(tree: string): Promise<string | null> {
  try {
    return (await readFileIn(tree, 'package.json')).bytes.toString('utf8');
  } catch (error) {
    if (error instanceof FileError) return null;
    throw error;
  }
}
