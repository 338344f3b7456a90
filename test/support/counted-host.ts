// Process entry for tests: a host that thinks the turns of the scripted provider itself, whose calls are written down as those of
// the llm worker are. Hosts hold no database credential; this one is given one to look its calls up, and for nothing else.
import { readConfig } from '../../config/config.ts';
import { createRepairer } from '../../llm/repairer.ts';
import { runProcess } from '../../workers/process.ts';
import { serveHost } from '../../workers/serve-host.ts';
import { openCountedProvider } from './counted-provider.ts';

await runProcess('counted-host', () =>
  serveHost(readConfig(process.env), [createRepairer(), openCountedProvider(process.env)]),
);
