// Transcripts of the runs that were asked about last, so that a turn reads only what is new. They are append-only, so what is kept
// stays true; the size is bounded, the run that was asked about longest ago goes first.
import type { Step } from '../domain/step.ts';
import type { Database } from '../store/database.ts';
import { allSteps } from '../store/steps.ts';

const MAX_CHARACTERS = 32_000_000;
/** What a step weighs beside its text. */
const STEP_OVERHEAD = 500;

export interface Transcripts {
  /** The whole transcript as it stands now. */
  of(runId: string): Promise<readonly Step[]>;
}

export function keepTranscripts(database: Database, maxCharacters = MAX_CHARACTERS): Transcripts {
  /** Oldest first. */
  const kept = new Map<string, { readonly steps: readonly Step[]; readonly size: number }>();
  let size = 0;

  function forget(runId: string): void {
    size -= kept.get(runId)?.size ?? 0;
    kept.delete(runId);
  }

  return {
    async of(runId) {
      const known = kept.get(runId);
      const fresh = await allSteps(database, runId, known?.steps.at(-1)?.step ?? 0);
      const steps = [...(known?.steps ?? []), ...fresh];
      const weight = (known?.size ?? 0) + fresh.reduce((sum, step) => sum + weightOf(step), 0);
      forget(runId);
      kept.set(runId, { steps, size: weight });
      size += weight;
      for (const oldest of kept.keys()) {
        if (size <= maxCharacters || kept.size === 1) break;
        forget(oldest);
      }
      return steps;
    },
  };
}

const weightOf = ({ content }: Step): number =>
  STEP_OVERHEAD +
  content.text.length +
  (content.kind === 'assistant' ? JSON.stringify(content.calls).length : 0) +
  (content.kind === 'result' ? JSON.stringify(content.data ?? null).length : 0);
