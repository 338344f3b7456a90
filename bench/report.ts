// One form for every figure: a short table for people, and with --json one last line for programs.
import { cpus, totalmem } from 'node:os';

export interface Report {
  readonly name: string;
  /** Named numbers; the unit is part of the name, for example `p95Ms`. */
  readonly figures: Readonly<Record<string, number | string | null>>;
  /** What was aimed at, in words, by the figure's name; `met` decides the exit status. */
  readonly aims: Readonly<Record<string, { readonly aim: string; readonly met: boolean }>>;
}

/** Exit status of a bench or chaos run: the aims are met, or they are not. Anything else means that it could not be measured. */
export const EXIT = { met: 0, notMet: 3, usage: 2 } as const;

/** Prints the report and returns the exit status. */
export function printReport({ name, figures, aims }: Report, json: boolean): number {
  const ok = Object.values(aims).every(({ met }) => met);
  const width = Math.max(...Object.keys(figures).map((key) => key.length));
  for (const [key, value] of Object.entries(figures)) {
    const aim = aims[key];
    const judged = aim === undefined ? '' : `   ${aim.met ? 'meets' : 'MISSES'} ${aim.aim}`;
    console.log(`${key.padEnd(width)}  ${typeof value === 'number' ? rounded(value) : value}${judged}`);
  }
  const env = {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
  console.log(`on ${env.cores} x ${env.cpu}, ${env.memoryGb} GB, Node ${env.node}`);
  if (json) console.log(JSON.stringify({ name, ok, figures, aims, env }));
  return ok ? EXIT.met : EXIT.notMet;
}

const rounded = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(4));

/** The value below which the share `p` (0 to 1) of the samples lies; null without samples. */
export function percentile(samples: readonly number[], p: number): number | null {
  if (samples.length === 0) return null;
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(p * sorted.length) - 1)] ?? null;
}

export const median = (samples: readonly number[]): number | null => percentile(samples, 0.5);
