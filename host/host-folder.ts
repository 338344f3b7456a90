// Where one host process keeps its workspaces. Several may share a folder: each has its own below it, and whoever starts clears
// away what the dead have left, because a lease never outlives its process.
import { mkdir, mkdtemp, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, processIdentity, processRecord } from '../up/process-identity.ts';
import { removeTree } from '../workspace/remove-tree.ts';

const OWNER = 'owner.json';

/** Makes `<dir>/<hostId>`, readable by Loom's user only. */
export async function openHostFolder(dir: string, hostId: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(dir)) {
    if (!(await isOwned(join(dir, name)))) await removeTree(join(dir, name));
  }
  const own = join(dir, hostId);
  // Made beside the folder and moved in with its owner, so that nobody who starts meanwhile takes it for abandoned.
  const fresh = await mkdtemp(`${dir}.new-`);
  await writeFile(join(fresh, OWNER), JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid) }));
  await rename(fresh, own);
  return own;
}

async function isOwned(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, OWNER), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  const owner = processRecord.parse(JSON.parse(text));
  return isAlive(owner);
}
