// Process entry: a host with the providers that come with Loom and need no secret.
import { readConfig } from '../config/config.ts';
import { createRepairer } from '../llm/repairer.ts';
import { runProcess } from './process.ts';
import { serveHost } from './serve-host.ts';

await runProcess('host', () => serveHost(readConfig(process.env), [createRepairer()]));
