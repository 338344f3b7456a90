// The rounds of a search, each tried only when the ones before found nothing: single edits; single edits that ran out of steps, with
// more of them; pairs built upon edits that mend a part; pairs of likely edits. Every round has a bound of its own.
import type { Candidate, Effort, Engine, Verdict } from './engine.ts';
import { compose } from './pairs.ts';
import type { RepairEvent, RepairRequest } from './protocol.ts';

/** A rival must weigh at least this part of the first hit, or the search is over. */
const RIVAL_SHARE = 1 / 3;
/** Candidates tried after the first hit: in proportion to what the hit took, within these bounds. */
const RIVALS_PER_TRIED = 8;
const MIN_RIVALS_TRIED = 300;
const MAX_RIVALS_TRIED = 4_000;
const MAX_GREENS = 24;
/** Candidates that get another chance with more steps; each may be an endless loop. */
const PATIENT_TRIED = 96;
/** Single edits that pairs are made of. */
const SINGLES_KEPT = 1_500;
const BASES = 16;
const BASES_PER_LINE = 4;
const PAIRS_TRIED = 6_000;
const BLIND_SINGLES = 60;
const BLIND_PAIRS_TRIED = 1_500;
/** Endless loops are what makes a round slow, so the first round ends after so many, and a round of guesses sooner. */
const STARVED_AT_FIRST = 600;
const STARVED_ALLOWED = 150;

export interface Green {
  readonly candidate: Candidate;
  readonly order: number;
}

interface Tried {
  readonly candidate: Candidate;
  readonly verdict: Verdict;
}

interface Bounds {
  readonly effort: Effort;
  readonly evaluations: number;
  readonly starved: number;
}

export class Rounds {
  readonly greens: Green[] = [];
  candidates = 0;
  evaluations = 0;
  /** Why the search ended; empty while it runs. */
  reason = '';
  readonly #engine: Engine;
  readonly #request: RepairRequest;
  readonly #deadline: number;
  readonly #emit: (event: RepairEvent) => void;
  #reported = performance.now();

  constructor(engine: Engine, request: RepairRequest, deadline: number, emit: (event: RepairEvent) => void) {
    this.#engine = engine;
    this.#request = request;
    this.#deadline = deadline;
    this.#emit = emit;
  }

  /** Fills `greens` with the likeliest candidates that turn the tests green. @param failing how many tests have to turn green. */
  async run(failing: number): Promise<void> {
    const singles: Tried[] = [];
    const more = (): boolean => this.greens.length === 0 && this.reason === '';
    const all = this.#request.maxEvaluations;
    await this.#round(
      this.#engine.candidates(),
      { effort: 'quick', evaluations: all, starved: STARVED_AT_FIRST },
      singles,
    );
    const starved = singles.filter(({ verdict }) => verdict.starved === true).slice(0, PATIENT_TRIED);
    if (more())
      await this.#round(candidatesOf(starved), {
        effort: 'patient',
        evaluations: PATIENT_TRIED,
        starved: PATIENT_TRIED,
      });
    const likely = candidatesOf(singles.filter(({ verdict }) => verdict.starved !== true)).slice(0, SINGLES_KEPT);
    if (more() && failing > 1) {
      const bases = await this.#nearMisses(likely);
      const bounds: Bounds = { effort: 'quick', evaluations: PAIRS_TRIED, starved: STARVED_ALLOWED };
      await this.#round(compose(bases, candidatesOf(singles).slice(0, SINGLES_KEPT)), bounds);
    }
    if (more()) {
      const bounds: Bounds = { effort: 'quick', evaluations: BLIND_PAIRS_TRIED, starved: STARVED_ALLOWED };
      const few = likely.slice(0, BLIND_SINGLES);
      await this.#round(compose(few, few), bounds);
    }
    if (this.reason === '')
      this.reason =
        this.evaluations >= all ? `the budget of ${all} evaluations was used up` : 'every candidate was tried';
  }

  /** Edits that mend a part of the failing tests and break none, those that mend most first. */
  async #nearMisses(candidates: readonly Candidate[]): Promise<Candidate[]> {
    const tried: Tried[] = [];
    await this.#round(candidates, { effort: 'thorough', evaluations: SINGLES_KEPT, starved: STARVED_ALLOWED }, tried);
    const perLine = new Map<string, number>();
    return candidatesOf(
      tried
        .filter(({ verdict }) => verdict.fixed > 0 && verdict.broke !== true)
        .sort((a, b) => b.verdict.fixed - a.verdict.fixed || b.candidate.weight - a.candidate.weight),
    )
      .filter(({ edits, line }) => {
        const place = `${edits[0]?.file}:${line}`;
        perLine.set(place, (perLine.get(place) ?? 0) + 1);
        return (perLine.get(place) ?? 0) <= BASES_PER_LINE;
      })
      .slice(0, BASES);
  }

  /** Runs through candidates in falling order of weight until the likeliest greens are known or a bound is reached. */
  async #round(
    candidates: AsyncIterable<Candidate> | Iterable<Candidate>,
    { effort, evaluations, starved }: Bounds,
    tried?: Tried[],
  ): Promise<void> {
    const before = this.greens.length;
    let floor = 0;
    let limit = Math.min(this.evaluations + evaluations, this.#request.maxEvaluations);
    if (this.evaluations >= limit) return;
    let starving = 0;
    let batch: Candidate[] = [];
    const flush = async (): Promise<void> => {
      const verdicts = await this.#engine.evaluate(batch, effort);
      batch.forEach((candidate, i) => {
        const verdict = verdicts[i];
        if (verdict === undefined) return;
        tried?.push({ candidate, verdict });
        if (verdict.starved === true) starving++;
        if (!verdict.green || this.greens.length >= MAX_GREENS) return;
        if (this.greens.length === before) {
          floor = candidate.weight * RIVAL_SHARE;
          const hit = this.evaluations + i;
          const rivals = Math.min(MAX_RIVALS_TRIED, Math.max(MIN_RIVALS_TRIED, hit * RIVALS_PER_TRIED));
          limit = Math.min(limit, this.evaluations + this.#engine.batchSize + rivals);
        }
        this.greens.push({ candidate, order: this.evaluations + i });
      });
      this.evaluations += batch.length;
      this.#report(batch.at(-1)?.weight ?? 0);
      batch = [];
    };
    for await (const candidate of candidates) {
      if (candidate.weight < floor) break;
      this.candidates++;
      batch.push(candidate);
      if (batch.length >= this.#engine.batchSize) await flush();
      if (this.evaluations >= limit || this.greens.length >= MAX_GREENS || starving >= starved) break;
      if (this.#isOver()) break;
    }
    if (batch.length > 0) await flush();
    // The last batch may have been the one that used up what the engine can bear.
    this.#isOver();
  }

  #isOver(): boolean {
    if (this.#engine.exhausted) this.reason = 'too many candidates hung or crashed the tests, or its runs are used up';
    else if (performance.now() > this.#deadline)
      this.reason = `the time limit of ${this.#request.maxSeconds} s was reached`;
    return this.reason !== '';
  }

  #report(weight: number): void {
    if (performance.now() - this.#reported < 500) return;
    this.#reported = performance.now();
    this.#emit({ event: 'progress', evaluations: this.evaluations, green: this.greens.length, weight });
  }
}

const candidatesOf = (tried: readonly Tried[]): Candidate[] => tried.map(({ candidate }) => candidate);
