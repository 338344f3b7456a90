// Runs after failures as well. If Jest itself is killed, the stack's reaper ends the services instead.
import { rm } from 'node:fs/promises';

export default async function stopServices(): Promise<void> {
  const stack = globalThis.loomTestStack;
  if (!stack) return;
  await stack.stop();
  await rm(stack.dataDir, { recursive: true, force: true });
}
