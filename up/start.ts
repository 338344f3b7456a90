// `npm start [-- --data-dir DIR --ports free --parts a,b]`: the embedded stack in the foreground until it is told to end.
// Exit status: 0 stopped in order, 1 could not start, 2 misused, 130 interrupted while starting.
import { parseArgs } from 'node:util';
import { LoomError, messageOf } from '../domain/errors.ts';
import { reportError } from './report-error.ts';
import { ALL_PARTS, startStack } from './stack.ts';
import type { PartName, Stack } from './stack.ts';
import { eventLine, readyText } from './start-view.ts';
import { outliveOutput, StopRequest } from './stop-request.ts';

const USAGE = `npm start [-- OPTIONS]
  --data-dir DIR   where everything is kept (default: LOOM_DATA_DIR, else .loom)
  --ports free     any free ports instead of the documented ones
  --parts A,B      only these of ${ALL_PARTS.join(',')}`;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

async function main(): Promise<number> {
  const options = readArguments();
  if (!options) {
    say(USAGE);
    return 0;
  }
  const stop = new StopRequest();
  const startedAt = performance.now();
  let started = false;
  let stack: Stack;
  try {
    stack = await startStack({
      ...options,
      env: process.env,
      signal: stop.signal,
      onEvent: (event) => {
        const text = stop.signal.aborted ? undefined : eventLine(event, started);
        if (text !== undefined) say(text);
      },
    });
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    say('Stopped before everything was ready.');
    return 130;
  }
  started = true;
  say(readyText(stack, performance.now() - startedAt));
  process.send?.({ ready: true });
  await stop.requested;
  say('Stopping ...');
  stop.onInsistence(() => {
    say('Killing what still runs.');
    stack.killNow();
  });
  await stack.stop();
  say('Stopped. Nothing is left running; the data is in ' + stack.dataDir);
  return 0;
}

/** Undefined when help was asked for. */
function readArguments(): { dataDir: string; ports: 'fixed' | 'free'; parts: readonly PartName[] } | undefined {
  const misuse = (what: string, cause?: unknown) => new LoomError('BAD_INPUT', what, USAGE, { cause });
  const values = (() => {
    try {
      return parseArgs({
        options: {
          'data-dir': { type: 'string', default: process.env['LOOM_DATA_DIR'] || '.loom' },
          ports: { type: 'string', default: 'fixed' },
          parts: { type: 'string', default: ALL_PARTS.join(',') },
          help: { type: 'boolean', short: 'h', default: false },
        },
      }).values;
    } catch (error) {
      throw misuse(messageOf(error), error);
    }
  })();
  if (values.help) return undefined;
  const { ports } = values;
  if (ports !== 'fixed' && ports !== 'free') throw misuse(`--ports is "fixed" or "free", not "${ports}"`);
  const asked = values.parts.split(',');
  const unknown = asked.find((name) => !ALL_PARTS.some((part) => part === name));
  if (unknown !== undefined) throw misuse(`There is no part "${unknown}"`);
  return { dataDir: values['data-dir'], ports, parts: ALL_PARTS.filter((part) => asked.includes(part)) };
}

outliveOutput();
try {
  process.exitCode = await main();
} catch (error) {
  process.exitCode = reportError(error);
}
