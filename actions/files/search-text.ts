// search_text: lines that hold a text or match a pattern, in the files of the project.
import { fileURLToPath } from 'node:url';
import picomatch from 'picomatch';
import { z } from 'zod';
import { LoomError } from '../../domain/errors.ts';
import { failed, ok } from '../action.ts';
import type { Action } from '../action.ts';
import type { SearchHit, SearchRequest } from './search-worker.ts';

/** With this ending it is an ES module wherever it lies. */
const WORKER = {
  source: fileURLToPath(new URL('./search-worker.ts', import.meta.url)),
  target: '/opt/loom/search.mts',
};
const TIMEOUT_MS = 10_000;

const input = z.strictObject({
  query: z.string().min(1).describe('Text to find, case-sensitive, within a line.'),
  path: z.string().default('.').describe('Folder, file or glob to search in, relative to the project folder.'),
  regex: z.boolean().default(false).describe('Take the query as a JavaScript regular expression.'),
  limit: z.int().min(1).max(1_000).default(100).describe('Lines to return.'),
});

/** data: { hits: [{ path, line, text }], searched (files), complete } */
export const searchText: Action<z.infer<typeof input>> = {
  name: 'search_text',
  summary: 'Searches the text files of the project, except those that git ignores. Returns path, line number and line.',
  class: 'read',
  input,
  async run({ query, path, regex, limit }, { workspace, sandbox, signal }) {
    if (regex && !isPattern(query)) return failed('BAD_ARGUMENTS', `"${query}" is not a regular expression.`);
    const files = within(await workspace.files(), path);
    if (files.length === 0) return failed('NOT_FOUND', `No file of the project lies at ${path}.`, { path });
    const request: SearchRequest = { query, regex, files, limit };
    const result = await sandbox.run({
      command: ['node', sandbox.mountPath(WORKER)],
      workspaceDir: workspace.tree,
      mounts: [WORKER],
      stdin: JSON.stringify(request),
      timeoutMs: TIMEOUT_MS,
      outputLimitBytes: 4 * 1024 * 1024,
      signal,
    });
    if (result.timedOut) {
      return failed('TIMED_OUT', `The search took over ${TIMEOUT_MS / 1000} s: simplify the pattern or name a folder.`);
    }
    const lines = result.stdout.split('\n').filter((line) => line !== '');
    const totals = lines.pop();
    if (result.exitCode !== 0 || totals === undefined) {
      throw new LoomError(
        'UNAVAILABLE',
        `The search ended with ${result.exitCode}: ${result.stderr.slice(-500)}`,
        'Try again.',
      );
    }
    const hits = lines.map((line) => JSON.parse(line) as SearchHit);
    const { searched, complete } = JSON.parse(totals) as { searched: number; complete: boolean };
    const data = { hits: hits.map((hit) => ({ ...hit })), searched, complete };
    if (hits.length === 0) return ok(`No hit in ${searched} files.`, data);
    const more = complete ? '' : `\n... cut at ${limit} lines: name a folder, or search more closely`;
    return ok(hits.map((hit) => `${hit.path}:${hit.line}: ${hit.text}`).join('\n') + more, data);
  },
};

function within(files: readonly string[], path: string): string[] {
  const wanted = path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
  if (wanted === '') return [...files];
  const below = files.filter((file) => file === wanted || file.startsWith(`${wanted}/`));
  return below.length > 0 ? below : files.filter((file) => picomatch.isMatch(file, wanted, { dot: true }));
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
