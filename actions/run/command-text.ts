// How a command's result is told to a model, and what is kept of an output that is too long for it.
import { cutMiddle } from '../../sandbox/capped-output.ts';
import type { Json } from '../../domain/step.ts';
import type { CommandResult } from '../../sandbox/sandbox.ts';
import type { ActionContext } from '../action.ts';

/** Kept of each stream before anything is shown or stored. */
export const CAPTURE_BYTES = 8 * 1024 * 1024;
/** Shown of each stream. */
const STREAM_BYTES = 14 * 1024;

/** "exit code 1", "killed by SIGSEGV", "no end after 60 s". */
export function ending(result: CommandResult): string {
  if (result.timedOut) return `killed after ${Math.round(result.durationMs / 1000)} s without an end`;
  if (result.exitCode === null) return `killed by ${result.signal ?? 'an unknown signal'}`;
  return `exit code ${result.exitCode}${result.signal === null ? '' : ` (${result.signal})`}`;
}

/** The streams cut to what a model reads, the whole as an artifact where something was cut and a place to keep it exists. */
export async function shortened(
  result: CommandResult,
  context: ActionContext,
): Promise<{ text: string; data: { [key: string]: Json } }> {
  const stdout = cutMiddle(result.stdout, STREAM_BYTES);
  const stderr = cutMiddle(result.stderr, STREAM_BYTES);
  let artifact: string | undefined;
  if (stdout.cutBytes + stderr.cutBytes > 0 && context.putArtifact !== undefined) {
    const whole = `${result.stdout}\n--- standard error ---\n${result.stderr}`;
    artifact = await context.putArtifact(Buffer.from(whole, 'utf8'), 'text/plain; charset=utf-8');
  }
  const parts = [
    ending(result),
    ...(stdout.text === '' ? [] : [`--- standard output ---\n${stdout.text.trimEnd()}`]),
    ...(stderr.text === '' ? [] : [`--- standard error ---\n${stderr.text.trimEnd()}`]),
    ...(artifact === undefined ? [] : [`The whole output is kept as artifact:${artifact}`]),
  ];
  return {
    text: parts.join('\n'),
    data: {
      exitCode: result.exitCode,
      signal: result.signal,
      timedOut: result.timedOut,
      durationMs: result.durationMs,
      stdout: stdout.text,
      stderr: stderr.text,
      ...(artifact === undefined ? {} : { artifact }),
    },
  };
}
