// The checkouts of the runs that this host holds. Invariant: an action starts on exactly the content of the checkpoint
// before it; after one that failed midway, or on a new host, that content is brought back first.
import { join } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import type { HubClient } from '../hub/client.ts';
import type { Brief } from '../hub/brief.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { type Workspace, openWorkspace } from '../workspace/workspace.ts';
import type { HeldRun } from './held-runs.ts';
import { setUp } from './set-up.ts';

export interface RunWorkspace {
  readonly workspace: Workspace;
  readonly brief: Brief;
}

export interface RunWorkspaces {
  /** The run's checkout, standing at `commit`; cloned and set up where that has not been done. @throws SETUP_FAILED */
  at(held: HeldRun, base: string, commit: string, signal: AbortSignal): Promise<RunWorkspace>;
  /** Notes where the workspace stands after an action; null when that is not known. */
  moved(runId: string, commit: string | null): void;
  remove(runId: string): Promise<void>;
}

interface Entry extends RunWorkspace {
  at: string | null;
}

export interface RunWorkspacesOptions {
  /** Folder of this host's workspaces; made where missing. */
  readonly dir: string;
  readonly hub: HubClient;
  readonly sandbox: Sandbox;
}

export function createRunWorkspaces({ dir, hub, sandbox }: RunWorkspacesOptions): RunWorkspaces {
  const entries = new Map<string, Entry>();

  async function open(held: HeldRun, base: string, signal: AbortSignal): Promise<Entry> {
    const brief = await hub.brief(held.beadId, held.token);
    const workspace = await openWorkspace(
      {
        // The fence keeps two holds of the same run apart, should the host lose it and get it back.
        dir: join(dir, `${held.runId}-${held.fence}`),
        remoteUrl: hub.gitUrl(held.projectId),
        token: held.token,
        baseCommit: base,
      },
      held.ended,
    );
    // The base is the target branch's: its set-up is trusted, the agent's later changes of it are not run here.
    await setUp({ workspace, sandbox, brief, commit: base, signal });
    return { workspace, brief, at: base };
  }

  return {
    async at(held, base, commit, signal) {
      let entry = entries.get(held.runId);
      if (entry === undefined) {
        entry = await open(held, base, signal);
        entries.set(held.runId, entry);
      }
      if (entry.at !== commit) {
        entry.at = null;
        await entry.workspace.restore(commit);
        entry.at = commit;
      }
      return entry;
    },
    moved(runId, commit) {
      const entry = entries.get(runId);
      if (entry !== undefined) entry.at = commit;
    },
    async remove(runId) {
      const entry = entries.get(runId);
      entries.delete(runId);
      await entry?.workspace.close();
    },
  };
}

/** The lease has ended while work was under way. */
export const lostDuring = (runId: string, cause: unknown) =>
  new LoomError(
    'LEASE_LOST',
    `The lease of ${runId} ended during the action`,
    'Nothing to do: the present holder continues the run.',
    { cause },
  );
