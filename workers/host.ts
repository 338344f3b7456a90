// Process entry: a host. It holds leases, keeps workspaces, executes actions in the sandbox, and runs gates.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createRegistry } from '../actions/registry.ts';
import { createHostActivities } from '../activities/act.ts';
import { createControlActivities } from '../activities/control.ts';
import { failureBoundary } from '../activities/failure-boundary.ts';
import { createGateActivities } from '../activities/gate.ts';
import { createLeaseActivities } from '../activities/lease.ts';
import { startHeartbeats } from '../client/heartbeats.ts';
import { announceLease } from '../client/leases.ts';
import { type Config, readConfig } from '../config/config.ts';
import { LoomError } from '../domain/errors.ts';
import { fleetQueue, hostControlQueue, hostQueue } from '../domain/task-queues.ts';
import { openHostFolder } from '../host/host-folder.ts';
import { createHeldRuns } from '../host/held-runs.ts';
import { createRunWorkspaces } from '../host/run-workspaces.ts';
import { createHubClient } from '../hub/client.ts';
import { detectSandbox } from '../sandbox/detect.ts';
import { log, runProcess } from './process.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

/** So many actions at a time per lease: a live host keeps none waiting. */
const ACTIONS_PER_LEASE = 4;

/** The bound on how late an action learns of its cancellation. */
const HEARTBEAT_THROTTLE_MS = 500;

await runProcess('host', async () => {
  const config = readConfig(process.env);
  installTemporalRuntime('host');
  const { instance } = config;
  // Unique to this process: actions meant for one that died under the same name must not reach its successor.
  const hostId = `${config.host.name}-${randomBytes(3).toString('hex')}`;
  const hub = createHubClient(config.hub.url);
  const actions = createRegistry();
  const [sandbox, key, connection, clientConnection] = await Promise.all([
    detectSandbox(process.env),
    hostKeyOf(config),
    NativeConnection.connect({ address: config.temporal.address }),
    Connection.connect({ address: config.temporal.address }),
  ]);
  if (!sandbox.confined) log('host', 'WARNING: LOOM_SANDBOX=off, the commands of agents run unconfined');
  const client = new Client({ connection: clientConnection, namespace: config.temporal.namespace });
  const heartbeats = startHeartbeats(config.temporal);
  const runs = createHeldRuns();
  const dir = await openHostFolder(config.host.dir, hostId);
  const workspaces = createRunWorkspaces({ dir: join(dir, 'runs'), hub, sandbox });
  const drain = new AbortController();

  const fleetActivities = {
    ...createLeaseActivities({
      instance,
      hostId,
      runs,
      heartbeats,
      announce: (beadId, lease) => announceLease(client, beadId, lease),
      draining: drain.signal,
      cleanUp: (runId) => workspaces.remove(runId),
    }),
    ...createGateActivities({ hub, hostKey: key, sandbox, dir: join(dir, 'gates') }),
  };
  const worker = (
    taskQueue: string,
    slots: number,
    options: Pick<WorkerOptions, 'activities' | 'activityTaskPollerBehavior'>,
  ) =>
    Worker.create({
      connection,
      namespace: config.temporal.namespace,
      taskQueue,
      identity: hostId,
      maxConcurrentActivityTaskExecutions: slots,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      shutdownGraceTime: '10 seconds',
      interceptors: { activity: [() => ({ inbound: failureBoundary })] },
      ...options,
    });
  // One poll at a time: a host that freezes must not have a further lease in its hands.
  const onePoll: WorkerOptions['activityTaskPollerBehavior'] = { type: 'simple-maximum', maximum: 1 };
  const fleets = await Promise.all(
    config.host.fleets.map((fleet) =>
      worker(fleetQueue(instance, fleet), config.host.slots, {
        activities: fleetActivities,
        activityTaskPollerBehavior: onePoll,
      }),
    ),
  );
  const own = await Promise.all([
    worker(hostQueue(instance, hostId), config.host.slots * ACTIONS_PER_LEASE, {
      activities: createHostActivities({ runs, workspaces, hub, sandbox, actions }),
    }),
    worker(hostControlQueue(instance, hostId), 4, {
      activities: createControlActivities({ runs }),
      activityTaskPollerBehavior: onePoll,
    }),
  ]);
  const fleetsRunning = Promise.all(fleets.map((each) => each.run()));
  const ownRunning = Promise.all(own.map((each) => each.run()));
  log('host', `${hostId} serves ${config.host.fleets.join(', ')} with ${config.host.slots} slots each`);
  return {
    failed: Promise.race([fleetsRunning, ownRunning]).then(() => Promise.reject(new Error('a worker ended by itself'))),
    async stop() {
      // Leases go back when their action in flight has ended, and only then may the queue of actions close.
      drain.abort();
      for (const each of fleets) each.shutdown();
      await fleetsRunning;
      for (const each of own) each.shutdown();
      await ownRunning;
      await heartbeats.close();
      await clientConnection.close();
      await connection.close();
    },
  };
});

/** A host elsewhere is given the key; one beside the hub reads it from the data folder they share. */
async function hostKeyOf(config: Config): Promise<string> {
  if (config.host.key !== '') return config.host.key;
  try {
    return (await readFile(join(config.dataDir, 'host-key'), 'utf8')).trim();
  } catch (cause) {
    throw new LoomError(
      'CONFIG_INVALID',
      `There is no host key: neither LOOM_HOST_KEY nor ${join(config.dataDir, 'host-key')}`,
      'Start the host with "loomctl worker host", which asks the API for it.',
      { cause },
    );
  }
}
