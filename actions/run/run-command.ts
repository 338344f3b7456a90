// run_command: any command, in the sandbox, without network.
import { z } from 'zod';
import { CAPTURE_BYTES, shortened } from './command-text.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({
  command: z.string().min(1).describe('Text for /bin/sh -c.'),
  cwd: z.string().default('.').describe('Folder to start in, relative to the project folder.'),
  timeout: z.int().min(1).max(1_800).default(120).describe('Seconds after which the command is killed.'),
});

/** data: { exitCode, signal, timedOut, durationMs, stdout, stderr, artifact? }; a failing command is a result, not an error. */
export const runCommand: Action<z.infer<typeof input>> = {
  name: 'run_command',
  summary:
    "Runs a shell command in the project folder, without network, and waits for its end; what it leaves running is killed. For the project's tests use run_tests.",
  class: 'change',
  input,
  async run({ command, cwd, timeout }, context) {
    const { workspace, sandbox, signal } = context;
    const result = await sandbox.run({
      command,
      workspaceDir: workspace.tree,
      cwd,
      timeoutMs: timeout * 1000,
      outputLimitBytes: CAPTURE_BYTES,
      signal,
    });
    const { text, data } = await shortened(result, context);
    if (result.timedOut) return { status: 'error', code: 'TIMED_OUT', text, data };
    return { status: 'ok', text, data };
  },
};
