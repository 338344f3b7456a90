// What a person sees while a stack starts and runs: one line for each thing that happened, the same on a terminal and in a file.
import type { Stack, StackEvent } from './stack.ts';

const NAME_WIDTH = 14;

/** The line for an event, or undefined for those that nobody waits for. `started`: whether all parts have served already. */
export function eventLine(event: StackEvent, started: boolean): string | undefined {
  switch (event.kind) {
    case 'download':
      return line('fetching', event.what);
    case 'provisioned':
      return event.from.source === 'download' || event.from.source === 'cache'
        ? undefined
        : line(event.what, `from ${event.from.source}`);
    case 'external':
      return line(event.name, `in use at ${event.address}`);
    case 'ready':
      return line(event.part, started ? 'serves again' : seconds(event.tookMs));
    case 'exited':
      return line(event.part, `${event.how}; starts again in ${seconds(event.restartInMs)}`);
    case 'given-up':
      return line(
        event.part,
        `${event.how}, given up after ${failures(event.failures)}: read its log, then start Loom again`,
      );
    case 'log-trouble':
      return line(event.part, `its log cannot be written (${event.reason}); it goes on without`);
    case 'spawned':
    case 'stopped':
      return undefined;
    default:
      return event satisfies never;
  }
}

/** Where everything is, once it serves. */
export function readyText(stack: Stack, tookMs: number): string {
  const { endpoints, apiKeyFile, dataDir } = stack;
  const rows: [string, string][] = [
    ['API', `${endpoints.api}   (key in ${apiKeyFile})`],
    ['Temporal', `${endpoints.temporal}   Web UI ${endpoints.temporalUi || 'not known'}`],
    ['data', `${dataDir}   (logs in logs/)`],
  ];
  return [
    '',
    `Loom is ready after ${seconds(tookMs)}.`,
    '',
    ...rows.map(([name, value]) => line(name, value)),
    '',
    '  See a bug get fixed, in a stack of its own:   npm run demo',
    '  Put a repository of yours under Loom and file its first bead:',
    '    bin/loomctl project add my-project /path/to/repository',
    "    bin/loomctl bead create --project my-project --type bug 'What is wrong' --watch",
    '',
    'Ctrl-C stops everything; the data stays.',
  ].join('\n');
}

function failures(count: number): string {
  return count === 1 ? 'one failure' : `${count} failures in a row`;
}

export function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

function line(name: string, value: string): string {
  return `  ${name.padEnd(NAME_WIDTH)}${value}`;
}
