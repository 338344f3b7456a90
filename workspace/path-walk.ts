// Finds a path inside a folder without ever leaving it. Each component is opened relative to the descriptor of the one before
// and without following links; links are read and walked here, so none can lead out, and none can be swapped in between.
import { constants } from 'node:fs';
import { mkdir, open, readlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { FileError, fileErrorOf } from './file-error.ts';

const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const MAX_LINKS = 40;
/** Where the agent's code sees the root: an absolute link below it is one inside. */
const INSIDE = '/workspace';

/** An open folder and the last component of the path in it, which may or may not exist and is not a link that was followed. */
export interface Place {
  readonly folder: FileHandle;
  /** Empty where the path is the folder itself. */
  readonly name: string;
  /** Path of the entry by way of the open folder: what to hand to calls that take a path. */
  readonly at: string;
  close(): Promise<void>;
}

export interface WalkOptions {
  /** Create the folders on the way. @default false */
  readonly create?: boolean;
  /** Walk on through a link in last place. @default true */
  readonly followLast?: boolean;
}

/** Splits a path given from outside. @throws FileError OUTSIDE_WORKSPACE, BAD_PATH */
export function componentsOf(path: string): string[] {
  if (path.includes('\0')) throw new FileError('BAD_PATH', path, 'The path holds a NUL character.');
  if (path.startsWith('/')) {
    throw new FileError('OUTSIDE_WORKSPACE', path, `${path} is absolute; paths are relative to the project's folder.`);
  }
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new FileError('OUTSIDE_WORKSPACE', path, `${path} contains "..", paths start at the project's folder.`);
  }
  return parts;
}

/** The caller closes the place. @throws FileError */
export async function walk(root: string, path: string, options: WalkOptions = {}): Promise<Place> {
  const todo = componentsOf(path);
  const folders: FileHandle[] = [await open(root, FOLDER)];
  let links = 0;
  const top = (): FileHandle => folders.at(-1) as FileHandle;
  try {
    for (;;) {
      const name = todo.shift();
      if (name === undefined) return await place(folders, '');
      if (name === '..') {
        if (folders.length === 1) throw leadsOut(path);
        await folders.pop()?.close();
        continue;
      }
      const at = entry(top(), name);
      const isLast = todo.length === 0;
      const target = isLast && options.followLast === false ? null : await linkTarget(at);
      if (target !== null) {
        links += 1;
        if (links > MAX_LINKS) throw new FileError('BAD_PATH', path, `${path} leads through too many links.`);
        const inside = target === INSIDE || target.startsWith(`${INSIDE}/`);
        if (target.startsWith('/') && !inside) throw leadsOut(path);
        if (inside) for (const folder of folders.splice(1)) await folder.close();
        todo.unshift(
          ...target
            .slice(inside ? INSIDE.length : 0)
            .split('/')
            .filter((part) => part !== '' && part !== '.'),
        );
        continue;
      }
      if (isLast) return await place(folders, name);
      if (options.create === true) await makeFolder(at);
      folders.push(await open(at, FOLDER));
    }
  } catch (error) {
    await Promise.all(folders.map((folder) => folder.close()));
    throw fileErrorOf(error, path);
  }
}

/** Closes all folders but the last, which belongs to the place. */
async function place(folders: FileHandle[], name: string): Promise<Place> {
  const folder = folders.pop() as FileHandle;
  await Promise.all(folders.splice(0).map((other) => other.close()));
  return { folder, name, at: name === '' ? entry(folder, '.') : entry(folder, name), close: () => folder.close() };
}

/** The kernel resolves this from the descriptor, whatever has become of the names above it. */
const entry = (folder: FileHandle, name: string): string => `/proc/self/fd/${folder.fd}/${name}`;

async function linkTarget(at: string): Promise<string | null> {
  try {
    return await readlink(at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EINVAL' || code === 'ENOENT') return null; // no link; or nothing, which the next step will say
    throw error;
  }
}

async function makeFolder(at: string): Promise<void> {
  await mkdir(at).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

const leadsOut = (path: string): FileError =>
  new FileError('OUTSIDE_WORKSPACE', path, `${path} leads out of the project's folder through a link.`);
