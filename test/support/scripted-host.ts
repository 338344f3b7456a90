// Process entry for tests: a host that thinks the turns of the scripted provider itself.
import { readConfig } from '../../config/config.ts';
import { createRepairer } from '../../llm/repairer.ts';
import { runProcess } from '../../workers/process.ts';
import { serveHost } from '../../workers/serve-host.ts';
import { createScriptedProvider } from './scripted-provider.ts';

const script = process.env['LOOM_TEST_SCRIPT'];
if (script === undefined) throw new Error('LOOM_TEST_SCRIPT names the script');
await runProcess('scripted-host', () =>
  serveHost(readConfig(process.env), [createRepairer(), createScriptedProvider(script)]),
);
