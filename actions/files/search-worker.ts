// Runs inside the sandbox, from a single mounted file: patterns come from a model and files from its code, so neither a costly
// pattern nor a link reaches the host. Request on standard input, one JSON line per hit, then one with the totals.
import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync } from 'node:fs';

export interface SearchRequest {
  readonly query: string;
  readonly regex: boolean;
  readonly files: readonly string[];
  readonly limit: number;
}

export interface SearchHit {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;
const MAX_LINE = 300;

const { query, regex, files, limit } = JSON.parse(readFileSync(0, 'utf8')) as SearchRequest;
const pattern = new RegExp(regex ? query : query.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'u');
let hits = 0;
let searched = 0;

function textOf(path: string): string | null {
  if (!(lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false)) return null;
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    if (fstatSync(file).size > MAX_FILE_BYTES) return null;
    const bytes = readFileSync(file);
    return bytes.subarray(0, 8_192).includes(0) ? null : bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}

for (const path of files) {
  if (hits >= limit) break;
  let text: string | null;
  try {
    text = textOf(path);
  } catch {
    continue; // unreadable or gone meanwhile: nothing to find in it
  }
  if (text === null) continue;
  searched++;
  for (const [index, line] of text.split('\n').entries()) {
    if (hits >= limit) break;
    const at = line.search(pattern);
    if (at === -1) continue;
    hits++;
    // A long line is shown around its hit.
    const from = line.length <= MAX_LINE ? 0 : Math.max(0, at - 80);
    const hit: SearchHit = { path, line: index + 1, text: line.slice(from, from + MAX_LINE).trimEnd() };
    process.stdout.write(`${JSON.stringify(hit)}\n`);
  }
}
process.stdout.write(`${JSON.stringify({ searched, complete: hits < limit })}\n`);
