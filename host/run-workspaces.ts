// The checkouts of the runs that this host holds. Invariant: an action starts on exactly the content of the checkpoint
// before it; after one that failed midway, or on a new host, that content is brought back first.
import { join } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import type { HubClient } from '../hub/client.ts';
import type { Brief } from '../hub/brief.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { removeTree } from '../workspace/remove-tree.ts';
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
  moved(held: HeldRun, commit: string | null): void;
  remove(held: HeldRun): Promise<void>;
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
  // By hold and not by run: a restarted run may be given to this host again before its old hold has ended here.
  const entries = new Map<HeldRun, Entry>();

  async function open(held: HeldRun, base: string, signal: AbortSignal): Promise<Entry> {
    const brief = await hub.brief(held.beadId, held.token);
    // The fence keeps two holds of the same run apart, should the host lose it and get it back.
    const checkout = join(dir, `${held.runId}-${held.fence}`);
    try {
      const source = { dir: checkout, remoteUrl: hub.gitUrl(held.projectId), token: held.token, baseCommit: base };
      const workspace = await openWorkspace(source, held.ended);
      // The base is the target branch's: its set-up is trusted, the agent's later changes of it are not run here.
      await setUp({ workspace, sandbox, brief, commit: base, signal });
      return { workspace, brief, at: base };
    } catch (error) {
      // Nobody knows of it yet, so nobody else would remove it.
      await removeTree(checkout);
      throw error;
    }
  }

  return {
    async at(held, base, commit, signal) {
      let entry = entries.get(held);
      if (entry === undefined) {
        entry = await open(held, base, signal);
        entries.set(held, entry);
      }
      if (entry.at !== commit) {
        entry.at = null;
        await entry.workspace.restore(commit);
        entry.at = commit;
      }
      return entry;
    },
    moved(held, commit) {
      const entry = entries.get(held);
      if (entry !== undefined) entry.at = commit;
    },
    async remove(held) {
      const entry = entries.get(held);
      entries.delete(held);
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
