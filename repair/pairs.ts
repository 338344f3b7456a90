// Two edits at once, for bugs of two places: the weight of a pair is the product of its parts, as for things that happen independently.
import { byWeight } from './candidate-queue.ts';
import type { CandidateSource } from './candidate-queue.ts';
import type { Edit } from './edits.ts';
import type { Candidate } from './engine.ts';

const overlap = (a: Edit, b: Edit): boolean =>
  a.file === b.file &&
  ((a.start < b.end && b.start < a.end) || (a.start === b.start && (a.start === a.end || b.start === b.end)));

const compatible = (a: Candidate, b: Candidate): boolean =>
  !a.edits.some((one) => b.edits.some((other) => overlap(one, other)));

/**
 * Each base with each single edit that it does not collide with, in falling order of weight, lazily; a pair comes once.
 * @param singles in falling order of weight.
 */
export function compose(bases: readonly Candidate[], singles: readonly Candidate[]): Iterable<Candidate> {
  const used = new Set<Candidate>();
  const sources = bases.map((base): CandidateSource<Candidate> => {
    const earlier = new Set(used);
    used.add(base);
    return {
      bound: base.weight * (singles[0]?.weight ?? 0),
      open: function* () {
        for (const single of singles) {
          if (single === base || earlier.has(single) || !compatible(base, single)) continue;
          yield {
            edits: [...base.edits, ...single.edits],
            operator: `${base.operator}, ${single.operator}`,
            weight: base.weight * single.weight,
            line: base.line,
          };
        }
      },
    };
  });
  return byWeight(sources, (candidate) => candidate.weight);
}
