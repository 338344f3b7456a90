// What one client has been sent, held against what the writers say in each event. Nothing is forgiven by dropping repeats: the
// stream itself must bring each event once, though the client comes again and again.

/** What a writer puts into the `data` of an event. Each bead has two writers that do not wait for each other. */
export interface Mark {
  readonly writer: 0 | 1;
  /** Number among the events that this writer has committed for this bead, from 1 without gaps. */
  readonly n: number;
  /** How many events of the bead's other writer had been committed before this one was begun. */
  readonly knows: number;
}

/** The last event of a bead tells how many each writer has committed. */
export interface EndMark {
  readonly totals: readonly [number, number];
}

/** A transaction that inserted this was rolled back. */
export interface GhostMark {
  readonly ghost: true;
}

export interface Tally {
  events: number;
  duplicates: number;
  missing: number;
  outOfOrder: number;
  /** Events of transactions that were rolled back. */
  ghosts: number;
  resets: number;
  drops: number;
  /** Streams that the API ended, whether it was killed or the client read too slowly. */
  cutOff: number;
}

export interface Ledger {
  readonly tally: Tally;
  /** Number of the last event, by which the client resumes. */
  readonly last: number;
  /** Whether every bead that is followed has had its last event. */
  readonly complete: boolean;
  take(seq: number, beadId: string, data: unknown): void;
}

interface BeadLedger {
  readonly last: [number, number];
  readonly gaps: [Set<number>, Set<number>];
}

/** @param beads how many beads the client's filter lets through. @param gapless whether it follows everything. */
export function openLedger(beads: number, gapless: boolean): Ledger {
  const tally: Tally = {
    events: 0,
    duplicates: 0,
    missing: 0,
    outOfOrder: 0,
    ghosts: 0,
    resets: 0,
    drops: 0,
    cutOff: 0,
  };
  const ofBead = new Map<string, BeadLedger>();
  let last = 0;
  let ended = 0;

  /** `n` is to be the next one of its writer. */
  const count = ({ last: lasts, gaps }: BeadLedger, { writer, n, knows }: Mark): void => {
    const other = writer === 0 ? 1 : 0;
    if (n > lasts[writer]) {
      for (let lost = lasts[writer] + 1; lost < n; lost++) gaps[writer].add(lost);
      lasts[writer] = n;
      if (lasts[other] < knows) tally.outOfOrder += 1;
    } else if (gaps[writer].delete(n)) tally.outOfOrder += 1;
    else tally.duplicates += 1;
  };

  const close = ({ last: lasts, gaps }: BeadLedger, { totals }: EndMark): void => {
    ended += 1;
    for (const writer of [0, 1] as const) {
      tally.missing += gaps[writer].size + Math.max(0, totals[writer] - lasts[writer]);
    }
  };

  return {
    tally,
    get last() {
      return last;
    },
    get complete() {
      return ended >= beads;
    },
    take(seq, beadId, data) {
      tally.events += 1;
      if (gapless ? seq !== last + 1 : seq <= last) {
        if (seq <= last) tally.duplicates += 1;
        else tally.missing += seq - last - 1;
      }
      last = Math.max(last, seq);
      let bead = ofBead.get(beadId);
      if (bead === undefined) ofBead.set(beadId, (bead = { last: [0, 0], gaps: [new Set(), new Set()] }));
      const mark = data as Partial<Mark & EndMark & GhostMark>;
      if (mark.ghost !== undefined) tally.ghosts += 1;
      else if (mark.totals !== undefined) close(bead, mark as EndMark);
      else if (mark.writer !== undefined) count(bead, mark as Mark);
    },
  };
}
