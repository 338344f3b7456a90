// A provider that plays a script: the only thing in Loom's tests that is not the real part.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { type Provider, ProviderUnavailable } from '../../llm/provider.ts';
import type { Json } from '../../domain/step.ts';

export interface ScriptedTurn {
  readonly text?: string;
  /** How long the model takes to answer. @default 0 */
  readonly delayMs?: number;
  /** The model is away while this file exists. */
  readonly awayWhile?: string;
  readonly calls: readonly { readonly action: string; readonly arguments: Json }[];
}

/** @param file JSON array of turns, read anew at each turn; the number of answers in the transcript says which is next. */
export function createScriptedProvider(file: string): Provider {
  return {
    name: 'scripted',
    async nextTurn({ transcript, signal }) {
      const script = JSON.parse(await readFile(file, 'utf8')) as ScriptedTurn[];
      const turn = script[transcript.filter((step) => step.kind === 'assistant').length];
      if (turn === undefined) throw new Error('The script has no further turn');
      if (turn.awayWhile !== undefined && existsSync(turn.awayWhile)) throw new ProviderUnavailable('it is away');
      if (turn.delayMs !== undefined) await delay(turn.delayMs, undefined, { signal });
      return { text: turn.text ?? '', calls: turn.calls, model: 'script', usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
}
