// The services that all tests below test/ share; Jest calls this once, before the first of them.
import { startServices } from './services.ts';

declare global {
  var stopLoomTestServices: (() => Promise<void>) | undefined;
}

export default async function setUp(): Promise<void> {
  globalThis.stopLoomTestServices = await startServices();
}
