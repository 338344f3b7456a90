// Public shape of how an installation is doing. It only grows.
import { z } from 'zod';
import { BEAD_STATUSES } from '../../domain/bead.ts';
import { HOST_PRESENCES } from '../../domain/host.ts';
import { REPAIR_KINDS } from '../../domain/reconciliation.ts';

const count = z.int().min(0);

const repairsSchema = z.partialRecord(z.enum(REPAIR_KINDS), count).describe('By kind; what did not happen is absent.');

export const statusSchema = z
  .object({
    version: z.string(),
    instance: z.string(),
    beads: z.record(z.enum(BEAD_STATUSES), count),
    hosts: z.record(z.enum(HOST_PRESENCES), count),
    leases: count.describe('Runs that a host holds now.'),
    outbox: z.object({
      unpublished: count.describe('Events that have not gone out yet.'),
      oldestSeconds: z.number().describe('How long the first of them has waited; 0 where none does.'),
    }),
    reconciler: z.object({
      lastPass: z
        .object({
          at: z.string(),
          durationMs: count,
          repairs: repairsSchema,
          expired: count.describe('Rows that had served their time; removing them is no repair.'),
          stuck: count.describe('Beads without a workflow that did not keep one when it was given to them.'),
          failure: z.string().nullable(),
        })
        .nullable()
        .describe('It passes once a minute. Null before the first time.'),
      repairs: z.object({
        lastHour: count.describe('A healthy installation needs none.'),
        total: count,
        byKind: repairsSchema.describe('Of all time.'),
      }),
    }),
  })
  .meta({ id: 'Status' });
