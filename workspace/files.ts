// The platform's own hands in a work tree. A path comes from a model, the tree from its code: neither is believed. Only regular
// files are opened, sizes are bounded, and nothing is reached that is not inside.
import { constants } from 'node:fs';
import { lstat, open, opendir, rename, rm, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { FileError, fileErrorOf } from './file-error.ts';
import { componentsOf, walk } from './path-walk.ts';
import type { Place, WalkOptions } from './path-walk.ts';

/** Larger files are not for a model to read or write. */
const MAX_FILE_BYTES = 8 * 1024 * 1024;
const MAX_ENTRIES = 100_000;

export interface FileContent {
  readonly bytes: Buffer;
  /** Permission bits, for example 0o644. */
  readonly mode: number;
}

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

/** @throws FileError NOT_FOUND, OUTSIDE_WORKSPACE, NOT_A_FILE (a folder, FIFO, device), TOO_LARGE */
export async function readFileIn(root: string, path: string, limit = MAX_FILE_BYTES): Promise<FileContent> {
  return at(root, path, {}, async (place) => {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    const file = await open(place.at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw notAFile(path);
      if (stat.size > limit)
        throw new FileError('TOO_LARGE', path, `${path} has ${stat.size} bytes; the limit is ${limit}.`);
      return { bytes: await readAtMost(file, limit, path), mode: stat.mode & 0o777 };
    } finally {
      await file.close();
    }
  });
}

/**
 * Replaces the content as a whole; a reader sees the old or the new. Folders on the way are created, the mode of a file that
 * exists is kept. Through a link, its target inside is written.
 */
export async function writeFileIn(root: string, path: string, content: Uint8Array, mode?: number): Promise<void> {
  if (content.length > MAX_FILE_BYTES) {
    throw new FileError(
      'TOO_LARGE',
      path,
      `${path} would have ${content.length} bytes; the limit is ${MAX_FILE_BYTES}.`,
    );
  }
  if (componentsOf(path).includes('.git')) {
    throw new FileError('NOT_PERMITTED', path, `${path} belongs to git, which the platform alone works with.`);
  }
  await at(root, path, { create: true }, async (place) => {
    if (place.name === '') throw notAFile(path);
    const before = await lstat(place.at).catch(noEntry);
    if (before !== null && !before.isFile()) throw notAFile(path);
    const temporary = `/proc/self/fd/${place.folder.fd}/.loom-${randomUUID()}`;
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const file = await open(temporary, flags, 0o600);
    try {
      await file.writeFile(content);
      await file.chmod(mode ?? (before === null ? 0o644 : before.mode & 0o777));
      await file.close();
      await rename(temporary, place.at);
    } catch (error) {
      await file.close();
      await rm(temporary, { force: true });
      throw error;
    }
  });
}

/** Removes a file or a link (never what it points to). @throws FileError NOT_FOUND, NOT_A_FILE for a folder */
export async function deleteFileIn(root: string, path: string): Promise<void> {
  await at(root, path, { followLast: false }, async (place) => {
    if (place.name === '' || (await lstat(place.at)).isDirectory()) throw notAFile(path);
    await unlink(place.at);
  });
}

/** The entries of a folder, sorted by name. Links are named, not followed. @throws FileError NOT_A_FOLDER, TOO_LARGE */
export async function listFolderIn(root: string, path: string): Promise<Entry[]> {
  return at(root, path, {}, async (place) => {
    if (!(await lstat(place.at)).isDirectory()) throw new FileError('NOT_A_FOLDER', path, `${path} is not a folder.`);
    const entries: Entry[] = [];
    for await (const entry of await opendir(place.at)) {
      if (entries.length >= MAX_ENTRIES)
        throw new FileError('TOO_LARGE', path, `${path} holds over ${MAX_ENTRIES} entries.`);
      entries.push({
        name: entry.name,
        kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : entry.isSymbolicLink() ? 'link' : 'other',
      });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/** What is at a path, links followed inside; null where nothing is. @throws FileError OUTSIDE_WORKSPACE, BAD_PATH */
export async function kindIn(root: string, path: string): Promise<Entry['kind'] | null> {
  try {
    return await at(root, path, {}, async (place) => {
      const stat = await lstat(place.at).catch(noEntry);
      if (stat === null) return null;
      return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
    });
  } catch (error) {
    if (error instanceof FileError && (error.code === 'NOT_FOUND' || error.code === 'NOT_A_FOLDER')) return null;
    throw error;
  }
}

async function at<T>(root: string, path: string, options: WalkOptions, use: (place: Place) => Promise<T>): Promise<T> {
  const place = await walk(root, path, options);
  try {
    return await use(place);
  } catch (error) {
    throw fileErrorOf(error, path);
  } finally {
    await place.close();
  }
}

/** A file may grow while it is read; what was checked before is the limit still. */
async function readAtMost(file: FileHandle, limit: number, path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(64 * 1024), 0, 64 * 1024, null);
    if (bytesRead === 0) return Buffer.concat(chunks);
    size += bytesRead;
    if (size > limit) throw new FileError('TOO_LARGE', path, `${path} grows beyond ${limit} bytes.`);
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function noEntry(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null;
  throw error;
}

const notAFile = (path: string): FileError =>
  new FileError('NOT_A_FILE', path, `${path === '' ? 'The folder itself' : path} is not a regular file.`);
