// A provider that plays a script: the only thing in Loom's tests that is not the real part.
import { readFile } from 'node:fs/promises';
import type { Provider } from '../../llm/provider.ts';
import type { Json } from '../../domain/step.ts';

export interface ScriptedTurn {
  readonly text?: string;
  readonly calls: readonly { readonly action: string; readonly arguments: Json }[];
}

/** @param file JSON array of turns, read anew at each turn; the number of answers in the transcript says which is next. */
export function createScriptedProvider(file: string): Provider {
  return {
    name: 'scripted',
    async nextTurn({ transcript }) {
      const script = JSON.parse(await readFile(file, 'utf8')) as ScriptedTurn[];
      const turn = script[transcript.filter((step) => step.kind === 'assistant').length];
      if (turn === undefined) throw new Error('The script has no further turn');
      return { text: turn.text ?? '', calls: turn.calls, model: 'script', usage: { inputTokens: 1, outputTokens: 1 } };
    },
  };
}
