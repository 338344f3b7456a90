// Process entry for tests: the llm worker with the scripted provider, whose calls are written down outside it before they are
// answered, so that they are counted whatever becomes of the process.
import { readConfig } from '../../config/config.ts';
import { runProcess } from '../../workers/process.ts';
import { serveProviders } from '../../workers/serve-providers.ts';
import { openCountedProvider } from './counted-provider.ts';

await runProcess('counted-llm', () => serveProviders(readConfig(process.env), [openCountedProvider(process.env)]));
