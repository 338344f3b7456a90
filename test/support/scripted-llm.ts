// Process entry for tests: the llm worker, serving the scripted provider beside the repairer.
import { readConfig } from '../../config/config.ts';
import { createRepairer } from '../../llm/repairer.ts';
import { runProcess } from '../../workers/process.ts';
import { serveProviders } from '../../workers/serve-providers.ts';
import { createScriptedProvider } from './scripted-provider.ts';

const script = process.env['LOOM_TEST_SCRIPT'];
if (script === undefined) throw new Error('LOOM_TEST_SCRIPT names the script');
await runProcess('scripted-llm', () =>
  serveProviders(readConfig(process.env), [createRepairer(), createScriptedProvider(script)]),
);
