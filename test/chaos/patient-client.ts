// A client of the REST API that repeats what was not answered, as any careful client does: every request can be repeated, because
// filing carries an Idempotency-Key.
import { setTimeout as delay } from 'node:timers/promises';

export interface PatientClient {
  /** Files a bead once, however often it has to ask. Returns its id. */
  fileBead(key: string, body: Readonly<Record<string, unknown>>): Promise<string>;
  addProject(body: Readonly<Record<string, unknown>>): Promise<string>;
  /** How often a request was repeated. */
  readonly repeats: number;
}

const ANSWER_WITHIN_MS = 5_000;
const GIVE_UP_AFTER_MS = 120_000;
const AGAIN_AFTER_MS = 200;

export function patientClient(url: string, apiKey: string): PatientClient {
  let repeats = 0;

  async function post(path: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<string> {
    const giveUpAt = Date.now() + GIVE_UP_AFTER_MS;
    for (;;) {
      let trouble: string;
      try {
        const response = await fetch(`${url}/api/v1${path}`, {
          method: 'POST',
          headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...headers },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
        });
        const text = await response.text();
        if (response.ok) return (JSON.parse(text) as { id: string }).id;
        trouble = `${response.status} ${text}`;
        if (response.status < 500) throw new Refused(`POST ${path}: ${trouble}`);
      } catch (error) {
        if (error instanceof Refused) throw error;
        trouble = String(error);
      }
      if (Date.now() > giveUpAt) throw new Error(`POST ${path} was not answered in ${GIVE_UP_AFTER_MS} ms: ${trouble}`);
      repeats += 1;
      await delay(AGAIN_AFTER_MS);
    }
  }

  return {
    fileBead: (key, body) => post('/beads', body, { 'idempotency-key': key }),
    addProject: (body) => post('/projects', body, {}),
    get repeats() {
      return repeats;
    },
  };
}

/** Another try would be answered in the same way. */
class Refused extends Error {}
