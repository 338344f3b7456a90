// Public shapes of the installation itself.
import { z } from 'zod';

export const systemSchema = z
  .object({
    version: z.string(),
    instance: z.string(),
    temporal: z.object({ address: z.string(), namespace: z.string(), uiUrl: z.string() }),
    hub: z.object({ url: z.string() }),
    hostKey: z.string().describe('Lets a host read projects from the hub. Whoever has the API key may start hosts.'),
  })
  .meta({ id: 'System' });

const partSchema = z.object({ ok: z.boolean(), latencyMs: z.number().nullable(), reason: z.string().nullable() });

export const readinessSchema = z
  .object({
    ready: z.boolean().describe('Whether requests can be served: Postgres and Temporal answer.'),
    parts: z.object({
      postgres: partSchema,
      temporal: partSchema,
      nats: partSchema.describe('Without it live events are late; nothing is lost, so it does not decide.'),
    }),
  })
  .meta({ id: 'Readiness' });

export const livenessSchema = z.object({ alive: z.literal(true) }).meta({ id: 'Liveness' });
