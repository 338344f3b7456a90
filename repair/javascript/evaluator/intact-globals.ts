// JavaScript's own globals, put back after each test: a test that takes one away for a while and then fails would leave the evaluator,
// and every test after it, without it.
const NAMES = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name) || name === 'globalThis');
const known = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]));

export function restoreGlobals(): void {
  for (const [name, descriptor] of known) {
    const now = Object.getOwnPropertyDescriptor(globalThis, name);
    if (descriptor === undefined || (now !== undefined && now.value === descriptor.value && now.get === descriptor.get))
      continue;
    if (now === undefined || now.configurable === true) Object.defineProperty(globalThis, name, descriptor);
    else if (now.writable === true) Reflect.set(globalThis, name, descriptor.value);
  }
}
