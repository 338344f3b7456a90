// Writes docs/configuration.md anew. Run it after a change of config/config.ts: node bin/with-runtime.mjs bin/write-configuration-page.ts
import { writeFile } from 'node:fs/promises';
import { format, resolveConfig } from 'prettier';
import { configurationPage } from './configuration-page.ts';

const page = new URL('../docs/configuration.md', import.meta.url);
const options = { ...(await resolveConfig(page)), parser: 'markdown' };
await writeFile(page, await format(await configurationPage(), options));
