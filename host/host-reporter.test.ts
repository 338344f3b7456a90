import { expect, test } from '@jest/globals';
import type { HostReport } from '../domain/host.ts';
import { startHostReporter } from './host-reporter.ts';

const facts = (leases: number): HostReport => ({
  name: 'a',
  state: 'ready',
  fleets: ['agents'],
  slots: 2,
  leases,
  gates: 0,
  memoryMb: 1_000,
  confined: true,
  providers: [],
  version: '1',
  note: null,
});

/** A hub whose answers the test gives. */
function startReporter() {
  const sent: number[] = [];
  const said: string[] = [];
  const left: string[] = [];
  let leases = 0;
  let answer: () => Promise<void> = () => Promise.resolve();
  const reporter = startHostReporter({
    facts: () => facts(leases),
    send: (report) => {
      sent.push(report.leases);
      return answer();
    },
    leave: () => {
      left.push(`after ${sent.length} reports`);
      return Promise.resolve();
    },
    log: (line) => said.push(line),
  });
  return {
    ...reporter,
    sent,
    said,
    left,
    hold: (count: number) => (leases = count),
    answers: (next: () => Promise<void>) => (answer = next),
  };
}

test('reports at the start, and at each change with what is true then', async () => {
  const host = startReporter();
  host.hold(1);
  await host.report();
  expect(host.sent).toEqual([0, 1]);
  await host.close();
});

test('sends one report for changes that come in a bunch, and not before the one in flight has ended', async () => {
  const host = startReporter();
  await host.report();
  const inFlight = Promise.withResolvers<void>();
  host.answers(() => inFlight.promise);
  host.hold(1);
  const first = host.report();
  while (host.sent.at(-1) !== 1) await new Promise(setImmediate);
  host.hold(2);
  const bunch = [host.report(), host.report(), host.report()];
  host.hold(3);
  inFlight.resolve();
  await Promise.all([first, ...bunch]);
  expect(host.sent.slice(-2)).toEqual([1, 3]);
  await host.close();
});

test('outlives a hub that is away, says so once, and once that it is back', async () => {
  const host = startReporter();
  host.answers(() => Promise.reject(new Error('nobody there')));
  await host.report();
  await host.report();
  host.answers(() => Promise.resolve());
  await host.report();
  expect(host.said).toEqual([
    'the hub could not be told how this host is: nobody there',
    'the hub is told again how this host is',
  ]);
  await host.close();
});

test('leaves when it is closed, after its last report and not before', async () => {
  const host = startReporter();
  await host.report();
  const reports = host.sent.length;
  await host.close();
  expect(host.left).toEqual([`after ${reports} reports`]);
  await host.report();
  expect(host.sent).toHaveLength(reports);
});
