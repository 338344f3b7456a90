// Where hosts say how they are. A host has no way to the database, so the hub writes its row; nothing else does.
import express, { type Router } from 'express';
import { z } from 'zod';
import { HOST_STATES, type HostReport } from '../domain/host.ts';
import type { Database } from '../store/database.ts';
import { removeHost, saveHostReport } from '../store/hosts.ts';

const line = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'));
const count = z.int().min(0).max(32_767);

const reportSchema: z.ZodType<HostReport> = z.object({
  name: line(100).min(1),
  state: z.enum(HOST_STATES),
  fleets: z.array(line(100)).max(100),
  slots: count,
  leases: count,
  gates: count,
  memoryMb: z.int().min(0).max(2_147_483_647),
  confined: z.boolean(),
  providers: z.array(line(100)).max(100),
  version: line(100),
  note: line(1_000).nullable(),
});

const hostId = line(120).min(1);

/** Both are idempotent. To be mounted behind the check of the host key. */
export function hostRoutes(database: Database): Router {
  const router = express.Router();
  router.put('/:id', express.json({ limit: '16kb' }), async (request, response) => {
    await saveHostReport(database, hostId.parse(request.params.id), reportSchema.parse(request.body));
    response.json({});
  });
  router.delete('/:id', async (request, response) => {
    await removeHost(database, hostId.parse(request.params.id));
    response.json({});
  });
  return router;
}
