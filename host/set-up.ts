// A project's set-up command (installing dependencies), run before anybody works in a checkout: with the network, without secrets.
import { LoomError } from '../domain/errors.ts';
import type { Brief } from '../hub/brief.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Workspace } from '../workspace/workspace.ts';

const SET_UP_TIMEOUT_MS = 15 * 60_000;
const TAIL_CHARACTERS = 2_000;

/** Leaves the tracked content as it is at `commit`, with what the command made beside it. @throws SETUP_FAILED */
export async function setUp({
  workspace,
  sandbox,
  brief,
  commit,
  signal,
}: {
  readonly workspace: Workspace;
  readonly sandbox: Sandbox;
  readonly brief: Brief;
  readonly commit: string;
  readonly signal: AbortSignal;
}): Promise<void> {
  const command = brief.project.setupCommand;
  if (command === null) return;
  const result = await sandbox.run({
    command,
    workspaceDir: workspace.tree,
    timeoutMs: SET_UP_TIMEOUT_MS,
    network: 'egress',
    signal,
  });
  if (result.exitCode !== 0) {
    const how = result.timedOut
      ? `did not end within ${SET_UP_TIMEOUT_MS / 60_000} minutes`
      : `ended with ${result.exitCode ?? result.signal}`;
    const tail = `${result.stdout}\n${result.stderr}`.trim().slice(-TAIL_CHARACTERS);
    throw new LoomError(
      'SETUP_FAILED',
      `The set-up command "${command}" ${how}: ${tail}`,
      "Correct the project's set-up command, or what it needs.",
    );
  }
  await workspace.restore(commit);
}
