// Process entry for tests, whose argument is the entry of one of Loom's processes: loads what those spend most of their start on,
// says `warm`, and goes on to that entry only when its parent says so. So a process that is killed can be followed at once.
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

const [entry] = process.argv.slice(2);
if (entry === undefined) throw new Error('usage: warm-start.ts ENTRY');
await Promise.all(['@temporalio/worker', '@temporalio/client', 'pg', 'express', 'zod'].map((name) => import(name)));
process.send?.('warm');
await once(process, 'message');
await import(pathToFileURL(entry).href);
