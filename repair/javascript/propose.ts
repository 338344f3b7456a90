// All operator families over all suspicious places, merged by weight.
import { byWeight } from '../candidate-queue.ts';
import type { CandidateSource } from '../candidate-queue.ts';
import { lineAt } from '../edits.ts';
import type { Candidate } from '../engine.ts';
import { arithmetic } from './operators/arithmetic.ts';
import { calls } from './operators/calls.ts';
import { comparisons, connectives } from './operators/comparisons.ts';
import { conditions } from './operators/conditions.ts';
import { constants } from './operators/constants.ts';
import { exchange } from './operators/exchange.ts';
import { expressions } from './operators/expressions.ts';
import type { Context, Family, Proposal } from './operators/proposal.ts';
import { removal } from './operators/removal.ts';
import { repeated } from './operators/repeated.ts';
import { statements } from './operators/statements.ts';
import { variables } from './operators/variables.ts';
import { wrapping } from './operators/wrapping.ts';
import type { Site, Source } from './source.ts';

const FAMILIES: readonly Family[] = [
  comparisons,
  constants,
  connectives,
  arithmetic,
  removal,
  variables,
  calls,
  wrapping,
  repeated,
  exchange,
  expressions,
  conditions,
  statements,
];

/** A source file and how suspicious each of its units is, 0..1; a unit missing here was not reached by a failing test. */
export interface SuspectSource {
  readonly source: Source;
  readonly suspicion: ReadonlyMap<number, number>;
}

function contextOf(source: Source, words: readonly string[]): Context {
  const byFunction = new Map<Site['fn'], Site[]>();
  for (const site of source.sites) {
    // A nested function's sites are ingredients of the outer one as well: closures share their variables.
    for (let i = site.ancestors.length - 1; i >= -1; i--) {
      const holder = i === -1 ? undefined : site.ancestors[i];
      if (holder !== undefined && !/Function|Method/.test(holder.type)) continue;
      const fn = holder as Site['fn'];
      const list = byFunction.get(fn) ?? [];
      list.push(site);
      byFunction.set(fn, list);
      if (i === -1) break;
    }
  }
  return { source, words, sitesOf: (fn) => byFunction.get(fn as Site['fn']) ?? [] };
}

const toCandidate = (source: Source, proposal: Proposal, weight: number): Candidate => ({
  edits: proposal.changes.map(({ start, end, text }) => ({ file: source.file, start, end, replacement: text })),
  operator: proposal.operator,
  weight,
  line: lineAt(source.text, proposal.changes[0]?.start ?? 0),
});

/** Unchanged text, overlapping changes and repeats are left out. */
function isChange(source: Source, proposal: Proposal, seen: Set<string>): boolean {
  const sorted = proposal.changes.toSorted((a, b) => a.start - b.start || a.end - b.end);
  if (sorted.some(({ start }, i) => i > 0 && start < (sorted[i - 1]?.end ?? 0))) return false;
  if (sorted.every(({ start, end, text }) => source.text.slice(start, end) === text)) return false;
  const key = `${source.file}|${sorted.map(({ start, end, text }) => `${start},${end},${text}`).join('|')}`;
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

/** @param words texts of the tests, for wrong words. */
export function* proposeCandidates(
  suspects: readonly SuspectSource[],
  words: readonly string[],
): Generator<Candidate, void, undefined> {
  const seen = new Set<string>();
  const sources: CandidateSource<Candidate>[] = [];
  for (const { source, suspicion } of suspects) {
    const context = contextOf(source, words);
    for (const site of source.sites) {
      const score = suspicion.get(site.unit) ?? 0;
      if (score <= 0) continue;
      for (const family of FAMILIES) {
        sources.push({
          bound: family.bound * score,
          open: function* () {
            const proposals = [...family.propose(site, context)].sort((a, b) => b.weight - a.weight);
            for (const proposal of proposals) {
              if (isChange(source, proposal, seen)) yield toCandidate(source, proposal, proposal.weight * score);
            }
          },
        });
      }
    }
  }
  yield* byWeight(sources, (candidate) => candidate.weight);
}
