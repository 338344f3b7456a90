// Which Loom this is: the version of the package that the running files belong to.
import { readFileSync } from 'node:fs';

export const loomVersion = (): string =>
  (JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }).version;
