// Gathers the facts that `domain/gate.ts` judges, in clean checkouts. It changes nothing, so any verifier may repeat it.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Context } from '@temporalio/activity';
import type { GateActivities, GateInput } from '../domain/activities.ts';
import { errorCode, messageOf } from '../domain/errors.ts';
import { type CheckRun, type GateVerdict, type TestStatus, judge, refuse } from '../domain/gate.ts';
import { protectedChanges } from '../gate/protection.ts';
import { setUp } from '../host/set-up.ts';
import type { Brief } from '../hub/brief.ts';
import type { HubClient } from '../hub/client.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { statusOf } from '../test-report/parse-test-run.ts';
import { runTestCommand } from '../test-report/run-test-command.ts';
import { removeTree } from '../workspace/remove-tree.ts';
import { type Workspace, openWorkspace } from '../workspace/workspace.ts';

const HEARTBEAT_EVERY_MS = 1_000;
const TAIL_CHARACTERS = 4_000;

export interface GateDependencies {
  readonly hub: HubClient;
  readonly hostKey: string;
  readonly sandbox: Sandbox;
  /** Folder for the checkouts of gates; made where missing. */
  readonly dir: string;
  /** Aborted when the host has to end without waiting any longer; another verifier repeats the gate. */
  readonly stopping: AbortSignal;
}

export const createGateActivities = (deps: GateDependencies) =>
  ({
    async runGate(input) {
      const context = Context.current();
      const signal = AbortSignal.any([context.cancellationSignal, deps.stopping]);
      context.heartbeat();
      const beat = setInterval(() => context.heartbeat(), HEARTBEAT_EVERY_MS);
      const dir = join(deps.dir, randomUUID());
      try {
        const verdict = await gate(deps, input, dir, signal);
        // What was cut off has judged nothing.
        signal.throwIfAborted();
        return verdict;
      } catch (error) {
        signal.throwIfAborted();
        if (errorCode(error) === 'SETUP_FAILED') return refuse('setup-failed', messageOf(error));
        throw error;
      } finally {
        clearInterval(beat);
        await removeTree(dir);
      }
    },
  }) satisfies GateActivities;

async function gate(deps: GateDependencies, input: GateInput, dir: string, signal: AbortSignal): Promise<GateVerdict> {
  const brief = await deps.hub.brief(input.beadId, deps.hostKey);
  const isBug = brief.bead.type === 'bug';
  const checkout = (name: string, commit: string) =>
    openWorkspace(
      {
        dir: join(dir, name),
        remoteUrl: deps.hub.gitUrl(input.projectId),
        token: deps.hostKey,
        baseCommit: input.target,
        checkpoint: commit,
      },
      signal,
    );
  const [before, after] = await Promise.all([
    isBug
      ? checkout('before', input.target).then((workspace) => check(deps, brief, workspace, input.target, signal))
      : null,
    checkout('after', input.commit).then(async (workspace) => ({
      ...(await check(deps, brief, workspace, input.commit, signal)),
      changes: await workspace.changedPaths(input.target, input.commit),
    })),
  ]);
  return judge({
    bead: { isBug, failingTests: brief.bead.failingTests },
    protectedTouched: protectedChanges(after.changes, brief.project.protectedPaths).map(({ path }) => path),
    before,
    after,
  });
}

type Check = CheckRun & { readonly named: readonly TestStatus[]; readonly passed: number | null };

async function check(
  deps: GateDependencies,
  brief: Brief,
  workspace: Workspace,
  commit: string,
  signal: AbortSignal,
): Promise<Check> {
  const { testCommand, testTimeoutMs } = brief.project;
  if (testCommand === null) throw new Error(`Project ${brief.project.id} has no checks`);
  await setUp({ workspace, sandbox: deps.sandbox, brief, commit, signal });
  const { result, report, output } = await runTestCommand({
    command: testCommand,
    sandbox: deps.sandbox,
    workspaceDir: workspace.tree,
    timeoutMs: testTimeoutMs,
    signal,
  });
  return {
    exitCode: result.exitCode,
    timedOut: result.timedOut,
    durationMs: result.durationMs,
    tail: output.slice(-TAIL_CHARACTERS),
    named: brief.bead.failingTests.map((test) => statusOf(report, test)),
    passed: report.passed,
  };
}
