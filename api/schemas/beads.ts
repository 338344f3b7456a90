// Public shapes of beads and their runs. They only grow.
import { z } from 'zod';
import { BEAD_STATUSES, BEAD_TYPES, PRIORITIES } from '../../domain/bead.ts';
import { RUN_EXITS } from '../../domain/run.ts';
import { idText, limit, line, slug, text } from './text.ts';

const prioritySchema = z.literal(PRIORITIES).describe('0 is the most urgent, 4 the least.');

const repositoryPath = line(500).refine(
  (path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'),
  'must be a path from the root of the repository, with forward slashes and without ".."',
);

const failingTestSchema = z.strictObject({
  file: repositoryPath,
  name: line(1_000).describe('Full name as the test runner prints it.'),
});

export const newBeadSchema = z
  .strictObject({
    project: idText.describe('Id or name.'),
    type: z.enum(BEAD_TYPES),
    title: line(200),
    description: text(100_000).default('').describe('Markdown: what is wrong or wanted, and how one would notice.'),
    priority: prioritySchema.default(2),
    failingTests: z
      .array(failingTestSchema)
      .max(50)
      .default([])
      .describe('Tests that are red because of this bug; it closes only when they are green.'),
    provider: slug.default('repairer').describe('Who works on it: the source of model turns.'),
    fleet: slug.default('agents').describe('Where it works: the hosts that serve this fleet.'),
    maxAttempts: z.int().min(1).max(10).default(2).describe('Failures of the agent before a person is asked.'),
  })
  .meta({ id: 'NewBead' });

const beadSchema = z
  .object({
    id: z.string(),
    projectId: z.string(),
    projectName: z.string(),
    type: z.enum(BEAD_TYPES),
    title: z.string(),
    description: z.string(),
    priority: prioritySchema,
    failingTests: z.array(z.object({ file: z.string(), name: z.string() })).readonly(),
    provider: z.string(),
    fleet: z.string(),
    maxAttempts: z.int(),
    status: z.enum(BEAD_STATUSES),
    version: z.int().describe('Grows by one with each change; 0 until its workflow has begun.'),
    attempt: z.int(),
    reason: z.string().nullable().describe('Why it is where it is; null where the status says it all.'),
    landedCommit: z.string().nullable(),
    createdAt: z.string(),
    updatedAt: z.string(),
  })
  .meta({ id: 'Bead' });

export const runSchema = z
  .object({
    id: z.string(),
    beadId: z.string(),
    number: z.int(),
    provider: z.string(),
    status: z.enum(['running', 'ended']),
    exit: z.enum(RUN_EXITS).nullable(),
    baseCommit: z.string(),
    checkpoint: z.string().nullable().describe('Commit of the workspace after the last step that changed it.'),
    turns: z.int(),
    lastStep: z.int(),
    hostId: z.string().nullable().describe('The host that has it, or had it last.'),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
  })
  .meta({ id: 'Run' });

export const beadDetailsSchema = beadSchema
  .extend({
    runs: z.array(runSchema).readonly(),
    where: z
      .object({ runId: z.string(), hostId: z.string().nullable() })
      .nullable()
      .describe('The run and the host that work on it now.'),
    workflow: z.object({ id: z.string(), url: z.string().describe('Its history in the Temporal Web UI.') }),
  })
  .meta({ id: 'BeadDetails' });

export const acceptedBeadSchema = beadSchema
  .extend({ note: z.string().nullable().describe('What to know where it has not started at once.') })
  .meta({ id: 'AcceptedBead' });

export const beadPageSchema = z
  .object({
    beads: z.array(beadSchema).readonly(),
    next: z.string().nullable().describe('Give it as `after` for the next page; null on the last one.'),
  })
  .meta({ id: 'BeadPage' });

export const listBeadsSchema = z.strictObject({
  project: idText.optional().describe('Id or name.'),
  status: z.enum(BEAD_STATUSES).optional(),
  limit: limit(50, 500),
  after: idText.optional(),
});

export const cancelBeadSchema = z.strictObject({ reason: line(500) }).meta({ id: 'CancelBead' });

export const cancelledBeadSchema = z
  .object({ id: z.string(), status: z.enum(BEAD_STATUSES), reason: z.string().nullable(), version: z.int() })
  .meta({ id: 'CancelledBead' });

export const restartedBeadSchema = z
  .object({
    id: z.string(),
    from: z
      .object({ status: z.enum(BEAD_STATUSES), attempt: z.int(), version: z.int() })
      .describe('Where it stood; what it writes from now on has a higher version.'),
  })
  .meta({ id: 'RestartedBead' });
