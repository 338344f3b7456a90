// Jest calls this after the last test, also after failures.
export default async function tearDown(): Promise<void> {
  await globalThis.stopLoomTestServices?.();
}
