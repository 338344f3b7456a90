// The scripted provider with a book of its calls: one line each, appended whole, so that several processes may share the file.
import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Provider } from '../../llm/provider.ts';
import { openDatabase } from '../../store/database.ts';
import { findStep } from '../../store/steps.ts';
import { createScriptedProvider } from './scripted-provider.ts';

export interface ModelCall {
  readonly run: string;
  /** The step that the answer is for. */
  readonly step: number;
  /** Whether an answer for that step was in the transcript when the call was made: then it was asked for in vain. */
  readonly recorded: boolean;
}

/** Variables by which a process finds the script, the book, and the database to look recorded answers up in. */
const VARIABLES = ['LOOM_TEST_SCRIPT', 'LOOM_TEST_CALLS', 'LOOM_TEST_DATABASE_URL'] as const;

export function openCountedProvider(env: Readonly<Record<string, string | undefined>>): Provider {
  const [script, calls, databaseUrl] = VARIABLES.map((name) => env[name] ?? '');
  if (!script || !calls || !databaseUrl) throw new Error(`The counted provider needs ${VARIABLES.join(', ')}`);
  const database = openDatabase(databaseUrl, { maxConnections: 2 });
  const scripted = createScriptedProvider(script);
  return {
    ...scripted,
    async nextTurn(request) {
      const step = request.transcript.length + 1; // steps have no gaps
      const recorded = (await findStep(database, request.runId, step)) !== undefined;
      appendFileSync(calls, `${JSON.stringify({ run: request.runId, step, recorded } satisfies ModelCall)}\n`);
      return scripted.nextTurn(request);
    },
  };
}

/** @param file that the provider's calls were appended to */
export async function readCalls(file: string): Promise<readonly ModelCall[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ModelCall);
}

/** How often a turn was asked for again, and how often although its answer had been recorded. */
export function repeatedCalls(calls: readonly ModelCall[]): { readonly repeated: number; readonly inVain: number } {
  const turns = new Set(calls.map(({ run, step }) => `${run} ${step}`));
  return { repeated: calls.length - turns.size, inVain: calls.filter(({ recorded }) => recorded).length };
}
