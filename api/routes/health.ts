// Whether the process lives, and whether what it needs answers. Open to anybody: it tells nothing but that.
import type { TemporalClient } from '../../client/temporal.ts';
import { messageOf } from '../../domain/errors.ts';
import type { Database } from '../../store/database.ts';
import { type Route, route } from '../route.ts';
import { livenessSchema, readinessSchema } from '../schemas/system.ts';

const CHECK_DEADLINE_MS = 2_000;

export interface HealthDependencies {
  readonly database: Database;
  readonly temporal: TemporalClient;
  readonly bus: { connected(): boolean };
}

export const healthRoutes = ({ database, temporal, bus }: HealthDependencies): readonly Route[] => [
  route({
    method: 'get',
    path: '/health/live',
    summary: 'Whether the API runs',
    open: true,
    responses: { 200: { description: 'It does.', schema: livenessSchema } },
    handle: async () => ({ status: 200, body: { alive: true } }),
  }),
  route({
    method: 'get',
    path: '/health/ready',
    summary: 'Whether the API and what it needs can serve requests',
    open: true,
    responses: {
      200: { description: 'They can.', schema: readinessSchema },
      503: { description: 'They cannot; `parts` says which.', schema: readinessSchema },
    },
    async handle() {
      const [postgres, service] = await Promise.all([
        answers(() => database.query('select 1')),
        answers(() => temporal.check(CHECK_DEADLINE_MS)),
      ]);
      const connected = bus.connected();
      const nats = {
        ok: connected,
        latencyMs: null,
        reason: connected ? null : 'not connected; it is tried all the time',
      };
      const ready = postgres.ok && service.ok;
      return { status: ready ? 200 : 503, body: { ready, parts: { postgres, temporal: service, nats } } };
    },
  }),
];

async function answers(
  ask: () => Promise<unknown>,
): Promise<{ ok: boolean; latencyMs: number | null; reason: string | null }> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${CHECK_DEADLINE_MS} ms`)), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([ask(), late]);
    return { ok: true, latencyMs: Math.round(performance.now() - began), reason: null };
  } catch (error) {
    return { ok: false, latencyMs: null, reason: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
