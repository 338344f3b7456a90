// apply_patch: several changes at once. All of them are computed before the first is written, so a patch that does not fit
// changes nothing.
import { z } from 'zod';
import { FileError } from '../../workspace/file-error.ts';
import { deleteFileIn, kindIn, readFileIn, writeFileIn } from '../../workspace/files.ts';
import { failed, ok } from '../action.ts';
import { refusalOf } from '../protected-path.ts';
import { decodeText, encodeText } from '../text-file.ts';
import { applyHunks, parsePatch, PatchError } from './unified-patch.ts';
import type { Action } from '../action.ts';
import type { FilePatch } from './unified-patch.ts';

const input = z.strictObject({ patch: z.string().min(1).describe('Unified diff, as git diff writes it.') });

/** What will be in a file; null content where it goes. */
interface Planned {
  readonly path: string;
  readonly content: Buffer | null;
  readonly before: Buffer | null;
  readonly mode: number;
}

/** data: { files: [{ path, change: 'created' | 'modified' | 'deleted' }] } */
export const applyPatch: Action<z.infer<typeof input>> = {
  name: 'apply_patch',
  summary:
    'Applies a unified diff that may change, create, rename and delete files: all of it, or nothing where any hunk does not fit.',
  class: 'change',
  input,
  async run({ patch }, context) {
    const root = context.workspace.tree;
    let planned: Planned[];
    try {
      const files = parsePatch(patch);
      for (const path of files.flatMap(({ oldPath, newPath }) => [oldPath, newPath])) {
        const refusal = path === null ? null : refusalOf(path, context);
        if (refusal !== null) return refusal;
      }
      planned = [];
      for (const file of files) planned.push(...(await plan(root, file)));
      const twice = planned.find(({ path }, index) => planned.findIndex((other) => other.path === path) !== index);
      if (twice !== undefined) throw new PatchError(`${twice.path} occurs twice; put all its hunks under one header`);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      return failed('NO_MATCH', `The patch was not applied, nothing has changed: ${error.message}.`);
    }
    await writeAll(root, planned);
    const files = planned.map(({ path, content, before }) => ({
      path,
      change: content === null ? 'deleted' : before === null ? 'created' : 'modified',
    }));
    return ok(`Applied: ${files.map(({ path, change }) => `${path} ${change}`).join(', ')}.`, { files });
  },
};

async function plan(root: string, file: FilePatch): Promise<Planned[]> {
  const { oldPath, newPath, hunks } = file;
  if (oldPath === null) {
    if (newPath === null) throw new PatchError('a file is neither named as old nor as new');
    if ((await kindIn(root, newPath)) !== null) throw new PatchError(`${newPath} is to be created but exists already`);
    return [{ path: newPath, content: Buffer.from(applyHunks('', hunks)), before: null, mode: file.mode ?? 0o644 }];
  }
  const old = await readFileIn(root, oldPath).catch((error: unknown) => {
    if (error instanceof FileError && error.code === 'NOT_FOUND') throw new PatchError(`${oldPath} does not exist`);
    throw error;
  });
  const mode = file.mode ?? old.mode;
  const decoded = decodeText(old.bytes);
  if (decoded === null) throw new PatchError(`${oldPath} is a binary file`);
  let patched: string;
  try {
    patched = applyHunks(decoded.text, hunks);
  } catch (error) {
    throw error instanceof PatchError ? new PatchError(`${oldPath}: ${error.message}`) : error;
  }
  const removal = { path: oldPath, content: null, before: old.bytes, mode: old.mode };
  if (newPath === null) {
    if (patched !== '') throw new PatchError(`${oldPath} is to be deleted, but the patch leaves a part of it`);
    return [removal];
  }
  const content = encodeText({ ...decoded, text: patched });
  if (content === null)
    throw new PatchError(`${oldPath} is encoded as ${decoded.encoding}, which lacks a character of the patch`);
  if (newPath === oldPath) return [{ path: oldPath, content, before: old.bytes, mode }];
  if ((await kindIn(root, newPath)) !== null)
    throw new PatchError(`${newPath} is the new name of ${oldPath} but exists already`);
  return [removal, { path: newPath, content, before: null, mode }];
}

/** What was written before a failure is put back; the failure itself is the caller's. */
async function writeAll(root: string, planned: readonly Planned[]): Promise<void> {
  const written: Planned[] = [];
  try {
    for (const change of planned) {
      await put(root, change.path, change.content, change.mode);
      written.push(change);
    }
  } catch (error) {
    for (const { path, before, mode } of written.toReversed()) await put(root, path, before, mode);
    throw error;
  }
}

const put = (root: string, path: string, content: Buffer | null, mode: number): Promise<void> =>
  content === null ? deleteFileIn(root, path) : writeFileIn(root, path, content, mode);
