// Reads what a bead came to, from Postgres and from the hub's repository, in the form in which two beads are compared.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Step } from '../../domain/step.ts';
import { getBead } from '../../store/beads.ts';
import type { Database } from '../../store/database.ts';
import { listRuns } from '../../store/runs.ts';
import { listSteps } from '../../store/steps.ts';
import { type ComparedBead, type ComparedStep, withoutTimes } from './run-comparison.ts';

const run = promisify(execFile);
const MAX_STEPS = 1_000;

export async function recordOf(database: Database, hubDir: string, beadId: string): Promise<ComparedBead> {
  const bead = await getBead(database, beadId);
  const repository = repositoryOf(hubDir, bead.projectId);
  const runs = await listRuns(database, beadId);
  return {
    status: bead.status,
    attempt: bead.attempt,
    landedTree: await treeOf(repository, 'main'),
    runs: await Promise.all(
      runs.map(async ({ id, number, status, exit, turns, lastStep }) => ({
        number,
        status,
        exit,
        turns,
        lastStep,
        steps: await Promise.all(
          (await listSteps(database, id, 0, MAX_STEPS)).map((step) => comparedStep(repository, step)),
        ),
      })),
    ),
  };
}

export const repositoryOf = (hubDir: string, projectId: string): string =>
  join(hubDir, 'repositories', `${projectId}.git`);

/** Every ref with the commit that it names. */
export async function refsOf(repository: string): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await run('git', ['for-each-ref', '--format=%(refname) %(objectname)'], { cwd: repository });
  return new Map(
    stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split(' ', 2) as [string, string]),
  );
}

async function treeOf(repository: string, revision: string): Promise<string> {
  const { stdout } = await run('git', ['rev-parse', '--verify', `${revision}^{tree}`], { cwd: repository });
  return stdout.trim();
}

async function comparedStep(repository: string, { step, content, checkpoint }: Step): Promise<ComparedStep> {
  const tree = checkpoint === null ? null : await treeOf(repository, checkpoint);
  const text = withoutTimes(content.text);
  switch (content.kind) {
    case 'assistant':
      return { step, kind: content.kind, calls: content.calls, text, tree };
    case 'message':
      return { step, kind: content.kind, text, tree };
    case 'result':
      return {
        step,
        kind: content.kind,
        action: `${content.callId} ${content.action}`,
        status: content.status,
        ...(content.code === undefined ? {} : { code: content.code }),
        text,
        ...(content.end === undefined ? {} : { end: `${content.end.kind}: ${content.end.summary}` }),
        tree,
      };
    default:
      return content satisfies never;
  }
}
