// What the orchestrator writes for a bead's workflow, as local activities: short transactions, each idempotent.
import type { RecordActivities } from '../domain/activities.ts';
import type { MessageStep } from '../domain/step.ts';
import { type Bead, applyBeadChange, getBead } from '../store/beads.ts';
import type { Database } from '../store/database.ts';
import { currentFence } from '../store/leases.ts';
import { getProject } from '../store/projects.ts';
import { appendStep } from '../store/steps.ts';

export const createRecordActivities = ({ database }: { readonly database: Database }) =>
  ({
    async loadBead({ beadId }) {
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
      };
    },

    async recordBead(change) {
      await applyBeadChange(database, change);
    },

    async recordBrief({ runId, step, beadId }) {
      const bead = await getBead(database, beadId);
      const content: MessageStep = { kind: 'message', from: 'loom', text: briefOf(bead) };
      await database.transaction((tx) =>
        appendStep(tx, { projectId: bead.projectId, beadId, runId, step, content, checkpoint: null }),
      );
    },
  }) satisfies RecordActivities;

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
