// Entry: `node repair/main.ts [REQUEST.json]`, the project folder as the working directory, the request from the file or from stdin.
// JSON lines on stdout, the result last; exit 0 when there is a result, 2 when the request is wrong, 1 for a fault of the repairer.
// The workspace is left as it is: the caller applies the edits of the result.
import { readFileSync } from 'node:fs';
import { parseRequest } from './protocol.ts';
import type { RepairEvent, RepairRequest } from './protocol.ts';
import { repair } from './search.ts';

const emit = (event: RepairEvent): void => void process.stdout.write(`${JSON.stringify(event)}\n`);

function readRequest(): RepairRequest | undefined {
  try {
    return parseRequest(JSON.parse(readFileSync(process.argv[2] ?? 0, 'utf8')));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return undefined;
  }
}

const request = readRequest();
if (request === undefined) process.exitCode = 2;
else emit(await repair(process.cwd(), request, emit));
