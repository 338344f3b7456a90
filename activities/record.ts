// What the orchestrator writes for a bead's workflow, as local activities: short transactions, each idempotent.
import type { BeadFacts, RecordActivities } from '../domain/activities.ts';
import { resumeRun } from '../domain/resume-run.ts';
import type { MessageStep } from '../domain/step.ts';
import { type Bead, applyBeadChange, getBead } from '../store/beads.ts';
import type { Database } from '../store/database.ts';
import { currentFence } from '../store/leases.ts';
import { getProject } from '../store/projects.ts';
import { takeOverBead } from '../store/restarts.ts';
import { allSteps, appendStep } from '../store/steps.ts';
import { shortHash } from './short-hash.ts';

export const createRecordActivities = ({ database }: { readonly database: Database }) =>
  ({
    loadBead: ({ beadId }) => factsOf(database, beadId),

    async takeOver({ beadId, execution, limits }) {
      const plan = await takeOverBead(database, beadId, execution);
      const facts = await factsOf(database, beadId);
      if (plan.kind !== 'run' || plan.run === null) return { facts, execution, plan, state: null };
      const steps = await allSteps(database, plan.run.id, 0);
      return { facts, execution, plan, state: resumeRun(steps, limits, shortHash).state };
    },

    async recordBead(change) {
      await applyBeadChange(database, change);
    },

    async recordBrief({ runId, step, beadId }) {
      const bead = await getBead(database, beadId);
      const content: MessageStep = { kind: 'message', from: 'loom', text: briefOf(bead) };
      await appendStep(database, { projectId: bead.projectId, beadId, runId, step, content, checkpoint: null });
    },
  }) satisfies RecordActivities;

async function factsOf(database: Database, beadId: string): Promise<BeadFacts> {
  const bead = await getBead(database, beadId);
  const project = await getProject(database, bead.projectId);
  return {
    beadId,
    projectId: bead.projectId,
    projectName: bead.projectName,
    type: bead.type,
    title: bead.title,
    priority: bead.priority,
    status: bead.status,
    version: bead.version,
    attempt: bead.attempt,
    fence: await currentFence(database, beadId),
    provider: bead.provider,
    fleet: bead.fleet,
    maxAttempts: bead.maxAttempts,
    hasChecks: project.checks !== null,
    filedAt: Math.floor(Date.parse(bead.createdAt) / 1000),
  };
}

/** The first message of a run: the task, and what became of the attempt before. */
function briefOf(bead: Bead): string {
  const tests = bead.failingTests.map(({ file, name }) => `- ${file}: ${name}`);
  return [
    `# ${bead.title}`,
    '',
    ...(bead.description === '' ? [] : [bead.description, '']),
    ...(tests.length === 0 ? [] : ['Tests that fail now and have to pass:', ...tests, '']),
    ...(bead.attempt > 1 && bead.reason !== null
      ? [`The attempt before this one did not land: ${bead.reason}`, '']
      : []),
  ].join('\n');
}
