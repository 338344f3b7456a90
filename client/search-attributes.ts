// By what the Temporal Web UI can find beads. The embedded server is started with them; an existing one is told here.
import { LoomError, messageOf } from '../domain/errors.ts';
import type { TemporalClient } from './temporal.ts';

/** `IndexedValueType` of Temporal's API. */
const KEYWORD = 2;
const INT = 3;

const REQUIRED = Object.entries({ BeadStatus: KEYWORD, Project: KEYWORD, Persona: KEYWORD, Priority: INT });

/** Adds what is missing; safe to call at every start. @throws CONFIG_INVALID when they cannot be added from here, UNAVAILABLE */
export async function ensureSearchAttributes(temporal: TemporalClient, namespace: string): Promise<void> {
  const { customAttributes } = await temporal.call(({ connection }) =>
    connection.operatorService.listSearchAttributes({ namespace }),
  );
  const missing = REQUIRED.filter(([name]) => customAttributes[name] === undefined);
  if (missing.length === 0) return;
  try {
    await temporal.call(({ connection }) =>
      connection.operatorService.addSearchAttributes({ namespace, searchAttributes: Object.fromEntries(missing) }),
    );
  } catch (cause) {
    const options = missing.map(([name, type]) => `--name ${name} --type ${type === INT ? 'Int' : 'Keyword'}`);
    throw new LoomError(
      'CONFIG_INVALID',
      `Namespace ${namespace} lacks search attributes, and they could not be added: ${messageOf(cause)}`,
      `Have somebody who may add them: temporal operator search-attribute create ${options.join(' ')}`,
      { cause },
    );
  }
}
