// How a host talks to the hub. Every call is idempotent and is repeated while the hub is away, until the deadline;
// LEASE_LOST is final and comes back at once. What a host tells of itself is tried once: the next report says it better.
import { setTimeout as delay } from 'node:timers/promises';
import { backoffMs } from '../domain/backoff.ts';
import { ERROR_CODES, type ErrorCode, LoomError, errorCode, messageOf } from '../domain/errors.ts';
import type { HostReport } from '../domain/host.ts';
import type { AssistantStep, ResultStep, Step } from '../domain/step.ts';
import { readOn } from '../domain/transcript.ts';
import type { Brief } from './brief.ts';

interface CallInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const CALL_DEADLINE_MS = 20_000;
/** The hub gives no more at a time. */
const STEPS_PER_PAGE = 200;
const REPORT_DEADLINE_MS = 3_000;
const GIVE_UP_AFTER_MS = 60_000;
const BACKOFF = { baseMs: 100, capMs: 5_000 };

export interface HubClient {
  /** Remote of a project's repository, for git. */
  gitUrl(projectId: string): string;
  brief(beadId: string, token: string): Promise<Brief>;
  /** Returns when the token's lease is the newest. @throws LEASE_LOST */
  checkLease(token: string): Promise<void>;
  /** All of them, however many there are. @throws LEASE_LOST */
  stepsAfter(runId: string, step: number, token: string): Promise<readonly Step[]>;
  /**
   * Appends a result, or the answer of a provider that hosts may serve; where the step is recorded already, returns what stands
   * there. @throws LEASE_LOST
   */
  appendStep(
    at: { readonly runId: string; readonly step: number; readonly checkpoint: string | null },
    content: ResultStep | AssistantStep,
    token: string,
  ): Promise<Step>;
  /** Says how the host is; one try. @throws UNAVAILABLE */
  reportHost(hostId: string, report: HostReport, hostKey: string): Promise<void>;
  /** Says that the host leaves; one try. @throws UNAVAILABLE */
  removeHost(hostId: string, hostKey: string): Promise<void>;
}

/** @param url for example http://127.0.0.1:4710 */
export function createHubClient(url: string): HubClient {
  const base = url.replace(/\/$/, '');

  async function once<Answer>(path: string, token: string, init: CallInit, deadlineMs: number): Promise<Answer> {
    const response = await fetch(`${base}${path}`, {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(deadlineMs),
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
        return await once<Answer>(path, token, init, CALL_DEADLINE_MS);
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
    stepsAfter: (runId, step, token) =>
      readOn(step, STEPS_PER_PAGE, (after) =>
        call<readonly Step[]>(`/runs/${runId}/steps?after=${after}&limit=${STEPS_PER_PAGE}`, token),
      ),
    appendStep: ({ runId, step, checkpoint }, content, token) =>
      call(`/runs/${runId}/steps/${step}`, token, {
        method: 'PUT',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ content, checkpoint }),
      }),
    async reportHost(hostId, report, hostKey) {
      const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(report) };
      await once(`/hosts/${encodeURIComponent(hostId)}`, hostKey, init, REPORT_DEADLINE_MS);
    },
    async removeHost(hostId, hostKey) {
      await once(`/hosts/${encodeURIComponent(hostId)}`, hostKey, { method: 'DELETE' }, REPORT_DEADLINE_MS);
    },
  };
}
