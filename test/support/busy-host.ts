// Process entry for tests: a host that takes a lease and then keeps its thread busy, without a break, for longer than a lease
// lives unheard of. Says `busy` and `still held` to its parent.
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { createLeaseActivities } from '../../activities/lease.ts';
import { startHeartbeats } from '../../client/heartbeats.ts';
import { announceLease } from '../../client/leases.ts';
import { readConfig } from '../../config/config.ts';
import { fleetQueue } from '../../domain/task-queues.ts';
import { createHeldRuns } from '../../host/held-runs.ts';

const config = readConfig(process.env);
const { address, namespace } = config.temporal;
const client = new Client({ connection: await Connection.connect({ address }), namespace });
const runs = createHeldRuns();
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  namespace,
  taskQueue: fleetQueue(config.instance, 'agents'),
  activities: createLeaseActivities({
    instance: config.instance,
    hostId: 'busy',
    runs,
    providers: [],
    heartbeats: startHeartbeats(config.temporal),
    draining: new AbortController().signal,
    drainGraceMs: config.host.drainGraceMs,
    cleanUp: () => Promise.resolve(),
    async announce(beadId, lease) {
      const awaited = await announceLease(client, beadId, lease);
      setImmediate(() => {
        process.send?.('busy');
        const until = Date.now() + config.lease.heartbeatTimeoutMs + 2_000;
        while (Date.now() < until);
        process.send?.(runs.get(`run-${beadId}-1`, lease.fence).ended.aborted ? 'lost' : 'still held');
      });
      return awaited;
    },
  }),
});
process.send?.({ ready: true });
await worker.run();
