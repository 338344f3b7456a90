// The workflow code as the orchestrator runs and the CLI replays it. Bundling costs seconds, so a bundle is kept under the
// hash of what went into it.
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, 'node_modules', '.cache', 'loom');

export interface WorkflowBundle {
  readonly code: string;
}

/** @param entry of other workflow code than this checkout's; it is bundled anew each time. */
export async function workflowBundle(entry?: string): Promise<WorkflowBundle> {
  if (entry !== undefined) return bundle(entry);
  const file = join(CACHE, `workflows-${await sourceHash()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const { code } = await bundle(join(ROOT, 'workflows', 'all-workflows.ts'));
  await mkdir(CACHE, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, code);
  await rename(fresh, file);
  return { code };
}

async function bundle(workflowsPath: string): Promise<WorkflowBundle> {
  const quiet = () => undefined;
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: { log: quiet, trace: quiet, debug: quiet, info: quiet, warn: console.warn, error: console.error },
  });
  return { code };
}

/** Everything that may end up in the bundle: the workflows, the domain, and the versions of the packages. */
async function sourceHash(): Promise<string> {
  const hash = createHash('sha256').update(await readFile(join(ROOT, 'package-lock.json')));
  for (const folder of ['workflows', 'domain']) {
    for (const name of (await readdir(join(ROOT, folder))).sort()) {
      if (!name.endsWith('.ts') || name.endsWith('.test.ts')) continue;
      hash.update(`${folder}/${name}\0`).update(await readFile(join(ROOT, folder, name)));
    }
  }
  return hash.digest('hex').slice(0, 16);
}
