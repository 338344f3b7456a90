// How a host talks to the hub. Every call is idempotent and is repeated while the hub is away, until the deadline;
// LEASE_LOST is final and comes back at once.
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';
import { ERROR_CODES, type ErrorCode, LoomError, errorCode, messageOf } from '../domain/errors.ts';
import type { ResultStep, Step } from '../domain/step.ts';
import type { Brief } from './brief.ts';

interface CallInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const CALL_DEADLINE_MS = 20_000;
const GIVE_UP_AFTER_MS = 60_000;
const BACKOFF = { baseMs: 100, capMs: 5_000 };

export interface HubClient {
  /** Remote of a project's repository, for git. */
  gitUrl(projectId: string): string;
  brief(beadId: string, token: string): Promise<Brief>;
  /** Returns when the token's lease is the newest. @throws LEASE_LOST */
  checkLease(token: string): Promise<void>;
  stepsAfter(runId: string, step: number, token: string): Promise<readonly Step[]>;
  /** Appends a result; where the step is recorded already, returns what stands there. @throws LEASE_LOST */
  appendStep(
    at: { readonly runId: string; readonly step: number; readonly checkpoint: string | null },
    content: ResultStep,
    token: string,
  ): Promise<Step>;
}

/** @param url for example http://127.0.0.1:4710 */
export function createHubClient(url: string): HubClient {
  const base = url.replace(/\/$/, '');

  async function once<Answer>(path: string, token: string, init: CallInit): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(CALL_DEADLINE_MS),
    });
    if (response.ok) return (await response.json()) as Answer;
    const problem = (await response.json().catch(() => ({}))) as { code?: string; detail?: string; next?: string };
    const code: ErrorCode =
      problem.code !== undefined && problem.code in ERROR_CODES ? (problem.code as ErrorCode) : 'UNAVAILABLE';
    throw new LoomError(
      code,
      problem.detail ?? `The hub answered ${response.status}`,
      problem.next ?? 'Look at the hub log.',
    );
  }

  async function call<Answer>(path: string, token: string, init: CallInit = {}): Promise<Answer> {
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    for (let failures = 1; ; failures++) {
      try {
        return await once<Answer>(path, token, init);
      } catch (error) {
        const code = errorCode(error);
        const wait = backoffMs(failures, BACKOFF);
        if (code !== undefined && code !== 'UNAVAILABLE') throw error;
        if (Date.now() + wait > giveUpAt) {
          throw new LoomError(
            'UNAVAILABLE',
            `The hub at ${base} cannot be reached: ${messageOf(error)}`,
            'Check that the hub runs and that LOOM_HUB_URL names it.',
            { cause: error },
          );
        }
        await delay(wait);
      }
    }
  }

  return {
    gitUrl: (projectId) => `${base}/git/${projectId}.git`,
    brief: (beadId, token) => call(`/beads/${beadId}/brief`, token),
    async checkLease(token) {
      await call('/lease', token);
    },
    stepsAfter: (runId, step, token) => call(`/runs/${runId}/steps?after=${step}`, token),
    appendStep: ({ runId, step, checkpoint }, content, token) =>
      call(`/runs/${runId}/steps/${step}`, token, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content, checkpoint }),
      }),
  };
}
