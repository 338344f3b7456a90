// Text inserted around the candidate's own edits: fuel, which ends endless loops after the same number of steps on every
// machine, and in the first run counters for localisation. Offsets of the original text, so one plan serves every candidate.
import type { Node } from '@babel/types';
import type { Edit } from '../edits.ts';
import type { Source } from './source.ts';
import { isFunction, isLoop, walk } from './walk.ts';

/** Called at each loop iteration and function call; throws when the fuel is used up. */
export const FUEL = '__loomFuel';
/** Called with a unit's number, and a function that gives the values of its variables. */
export const COUNT = '__loomCount';

interface Insertion {
  readonly at: number;
  readonly text: string;
  /** An opening stays before an edit at the same offset, a closing after it: the edit lies inside the pair. */
  readonly side: 'open' | 'close';
  /** Shared by an opening and its closing. Grows inwards: outer openings come first, outer closings last. */
  readonly pair: number;
}

export type Instrumentation = readonly Insertion[];

function fuelInsertions(program: Node): Insertion[] {
  const out: Insertion[] = [];
  let pair = 0;
  walk(program, (node) => {
    pair++;
    if (!isLoop(node) && !isFunction(node)) return;
    const { body } = node;
    if (body.type === 'BlockStatement') {
      const last = body.directives.at(-1);
      out.push({
        at: last?.end ?? (body.start ?? 0) + 1,
        text: last ? `;${FUEL}();` : `${FUEL}();`,
        side: 'open',
        pair,
      });
    } else if (isLoop(node)) {
      out.push({ at: body.start ?? 0, text: `{${FUEL}();`, side: 'open', pair });
      out.push({ at: body.end ?? 0, text: '}', side: 'close', pair });
    } else {
      out.push({ at: body.start ?? 0, text: `(${FUEL}(),(`, side: 'open', pair });
      out.push({ at: body.end ?? 0, text: '))', side: 'close', pair });
    }
  });
  return out;
}

function countInsertions(source: Source, base: number): Insertion[] {
  const bare = new Set<Node>();
  for (const { node, parent, key } of source.sites) {
    if (
      (key === 'body' || key === 'consequent' || key === 'alternate') &&
      /^(?:If|For|While|DoWhile)/.test(parent.type)
    )
      bare.add(node);
  }
  return source.units.flatMap(({ id, node, kind, variables }): Insertion[] => {
    const names = variables.map((binding) => binding.name).join(',');
    const call = `${COUNT}(${base + id}${names === '' ? '' : `,()=>[${names}]`})`;
    const start = node.start ?? 0;
    const end = node.end ?? 0;
    // The order of nodes is parents first, so the unit's number nests rightly.
    const pair = 1_000_000 + id;
    if (kind === 'expression') {
      return [
        { at: start, text: `(${call},(`, side: 'open', pair },
        { at: end, text: '))', side: 'close', pair },
      ];
    }
    if (bare.has(node)) {
      return [
        { at: start, text: `{${call};`, side: 'open', pair },
        { at: end, text: '}', side: 'close', pair },
      ];
    }
    return [{ at: start, text: `${call};`, side: 'open', pair }];
  });
}

export const fuelPlan = (source: Source): Instrumentation => sortPlan(fuelInsertions(source.program));

/** @param base added to the unit's number, so that the units of all files count in one table. */
export const coveragePlan = (source: Source, base: number): Instrumentation =>
  sortPlan([...fuelInsertions(source.program), ...countInsertions(source, base)]);

function sortPlan(plan: Insertion[]): Insertion[] {
  const rank = (i: Insertion): number => (i.side === 'close' ? 0 : 1);
  return plan.sort(
    (a, b) => a.at - b.at || rank(a) - rank(b) || (a.side === 'open' ? a.pair - b.pair : b.pair - a.pair),
  );
}

/** The text with the edits of a candidate and the instrumentation; what lies inside a replaced range goes with it, in pairs. */
export function instrumentText(text: string, plan: Instrumentation, edits: readonly Omit<Edit, 'file'>[]): string {
  const sorted = edits.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const opened = new Set<number>();
  let out = '';
  let at = 0;
  let next = 0;
  const insertUpTo = (limit: number): void => {
    for (let item = plan[next]; item !== undefined && item.at <= limit; item = plan[++next]) {
      if (item.at < at || (item.side === 'close' && !opened.has(item.pair))) continue;
      if (item.side === 'open') opened.add(item.pair);
      out += text.slice(at, item.at) + item.text;
      at = item.at;
    }
  };
  for (const { start, end, replacement } of sorted) {
    insertUpTo(start);
    out += text.slice(at, start) + replacement;
    at = end;
  }
  insertUpTo(text.length);
  return out + text.slice(at);
}
