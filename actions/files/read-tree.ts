// read_tree: what a folder holds, as an indented tree.
import { z } from 'zod';
import { listFolderIn } from '../../workspace/files.ts';
import { ok } from '../action.ts';
import type { Action } from '../action.ts';

const input = z.strictObject({
  path: z.string().describe('Folder, relative to the project folder; "." is the project folder itself.'),
  depth: z.int().min(1).max(20).default(3).describe('Levels to show.'),
  limit: z.int().min(1).max(2_000).default(400).describe('Entries to show.'),
});

/** data: { path, entries: [{ path, kind }], complete } */
export const readTree: Action<z.infer<typeof input>> = {
  name: 'read_tree',
  summary:
    'Lists files and folders as a tree. Folders that git ignores are named but not opened, unless asked for by path.',
  class: 'read',
  input,
  async run({ path, depth, limit }, { workspace }) {
    const ignored = new Set(await workspace.ignored());
    const entries: { path: string; kind: string }[] = [];
    const lines: string[] = [];
    let complete = true;
    const visit = async (folder: string, level: number): Promise<void> => {
      for (const { name, kind } of await listFolderIn(workspace.tree, folder)) {
        if (kind === 'folder' && name === '.git') continue;
        if (entries.length >= limit) {
          complete = false;
          return;
        }
        const at = folder === '' ? name : `${folder}/${name}`;
        const skipped = kind === 'folder' && ignored.has(at);
        entries.push({ path: at, kind });
        lines.push(`${'  '.repeat(level)}${name}${MARKS[kind]}${skipped ? ' (ignored by git)' : ''}`);
        if (kind !== 'folder' || skipped) continue;
        if (level + 1 < depth) await visit(at, level + 1);
        else complete = false;
      }
    };
    await visit(
      path
        .split('/')
        .filter((part) => part !== '' && part !== '.')
        .join('/'),
      0,
    );
    const rest =
      entries.length >= limit && !complete ? `\n... cut at ${limit} entries: name a folder or raise limit` : '';
    return ok((lines.join('\n') || '(empty)') + rest, { path, entries, complete });
  },
};

const MARKS = { file: '', folder: '/', link: ' (link)', other: ' (not a regular file)' } as const;
