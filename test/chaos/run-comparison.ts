// Whether two beads came to the same end in the same way. Ids, commits and times differ from bead to bead and are no part of it;
// everything that a model, a person or a repository would see is.
import type { Json } from '../../domain/step.ts';

/** One step, as far as it has to be the same. */
export interface ComparedStep {
  readonly step: number;
  readonly kind: string;
  /** Of an assistant step: what it asked for. */
  readonly calls?: readonly { readonly id: string; readonly action: string; readonly arguments: Json }[];
  readonly action?: string;
  readonly status?: string;
  readonly code?: string;
  readonly text: string;
  readonly end?: string;
  /** Hash of the workspace's tree after the step, where it changed the workspace. */
  readonly tree: string | null;
}

export interface ComparedBead {
  readonly status: string;
  readonly attempt: number;
  /** Hash of the tree that the branch stands at. */
  readonly landedTree: string;
  readonly runs: readonly {
    readonly number: number;
    readonly status: string;
    readonly exit: string | null;
    readonly turns: number;
    readonly lastStep: number;
    readonly steps: readonly ComparedStep[];
  }[];
}

/** Replaces how long something took, which no two runs have in common. */
export const withoutTimes = (text: string): string =>
  text.replaceAll(/\b\d+(?:\.\d+)?(?= ?ms\b)/g, '*').replaceAll(/(?<=\bduration_ms:? )\d+(?:\.\d+)?/g, '*');

/** One line for each place where `actual` is not as `expected`; none where they are the same. */
export function differencesOf(expected: ComparedBead, actual: ComparedBead): string[] {
  const found: string[] = [];
  compare('', expected as unknown as Json, actual as unknown as Json, found);
  return found;
}

function compare(at: string, expected: Json | undefined, actual: Json | undefined, found: string[]): void {
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      compare(at === '' ? key : `${at}.${key}`, expected[key], actual[key], found);
    }
  } else if (expected !== actual) {
    found.push(`${at}: expected ${shown(expected)}, found ${shown(actual)}`);
  }
}

/** Arrays included: their keys are their indices. */
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null;

const shown = (value: Json | undefined): string => {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length <= 300 ? text : `${text.slice(0, 300)}...`;
};
