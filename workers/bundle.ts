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

export async function workflowBundle(): Promise<WorkflowBundle> {
  const file = join(CACHE, `workflows-${await sourceHash()}.js`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return { code: kept };
  const { code } = await bundleWorkflowCode({
    workflowsPath: join(ROOT, 'workflows', 'all-workflows.ts'),
    logger: { ...console, log() {}, trace() {}, debug() {}, info() {} },
  });
  await mkdir(CACHE, { recursive: true });
  const fresh = `${file}.${process.pid}`;
  await writeFile(fresh, code);
  await rename(fresh, file);
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
