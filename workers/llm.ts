// Process entry: the model turns of the providers that come with Loom.
import { readConfig } from '../config/config.ts';
import { createRepairer } from '../llm/repairer.ts';
import { runProcess } from './process.ts';
import { serveProviders } from './serve-providers.ts';

await runProcess('llm', () => serveProviders(readConfig(process.env), [createRepairer()]));
