// A host: it holds leases, keeps workspaces, executes actions in the sandbox, thinks for providers that need no secret, and runs gates.
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { type ActivityInterceptorsFactory, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createRegistry } from '../actions/registry.ts';
import { createHostActivities } from '../activities/act.ts';
import { createControlActivities } from '../activities/control.ts';
import { failureBoundary } from '../activities/failure-boundary.ts';
import { createGateActivities } from '../activities/gate.ts';
import { createLeaseActivities } from '../activities/lease.ts';
import { startHeartbeats } from '../client/heartbeats.ts';
import { announceLease } from '../client/leases.ts';
import type { Config } from '../config/config.ts';
import { loomVersion } from '../config/version.ts';
import { LoomError } from '../domain/errors.ts';
import { fleetQueue, hostControlQueue, hostQueue } from '../domain/task-queues.ts';
import { hostCapacity, memoryLimitMb } from '../host/capacity.ts';
import { openHostFolder } from '../host/host-folder.ts';
import { startHostReporter } from '../host/host-reporter.ts';
import { createHeldRuns } from '../host/held-runs.ts';
import { createRunWorkspaces } from '../host/run-workspaces.ts';
import { createHubClient } from '../hub/client.ts';
import type { Provider } from '../llm/provider.ts';
import { detectSandbox } from '../sandbox/detect.ts';
import { startFleetWorkers } from './fleet-workers.ts';
import { type Serving, log } from './process.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

/** So many actions at a time per lease: a live host keeps none waiting. */
const ACTIONS_PER_LEASE = 4;

/** The bound on how late an action learns of its cancellation. */
const HEARTBEAT_THROTTLE_MS = 500;

/** A gate that is nearly through may end; then a host that was told to stop has to, and another verifier repeats it. */
const GATES_MAY_END_MS = 8_000;

/** @param offered providers of this program; it serves those that LOOM_HOST_PROVIDERS names. */
export async function serveHost(config: Config, offered: readonly Provider[]): Promise<Serving> {
  installTemporalRuntime('host');
  const { instance } = config;
  const providers = new Map(
    offered.filter(({ name }) => config.host.providers.includes(name)).map((provider) => [provider.name, provider]),
  );
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
  const memoryMb = memoryLimitMb();
  const capacity = hostCapacity({
    slots: config.host.slots,
    fleets: config.host.fleets.length,
    memoryMb,
    runMemoryMb: config.host.runMemoryMb,
    reservedMb: config.host.reservedMemoryMb,
  });
  if (capacity.note !== null) log('host', `WARNING: ${capacity.note}`);

  const worker = (
    taskQueue: string,
    options: Pick<WorkerOptions, 'activities' | 'activityTaskPollerBehavior' | 'shutdownGraceTime'> & {
      readonly maxConcurrentActivityTaskExecutions: number;
    },
    interceptors: readonly ActivityInterceptorsFactory[] = [],
  ) =>
    Worker.create({
      connection,
      namespace: config.temporal.namespace,
      taskQueue,
      identity: hostId,
      maxHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      defaultHeartbeatThrottleInterval: HEARTBEAT_THROTTLE_MS,
      interceptors: { activity: [...interceptors, () => ({ inbound: failureBoundary })] },
      ...options,
    });
  // One poll at a time: a host that freezes must not have a further lease in its hands.
  const onePoll: WorkerOptions['activityTaskPollerBehavior'] = { type: 'simple-maximum', maximum: 1 };

  const stoppingGates = new AbortController();
  const gates = createGateActivities({
    hub,
    hostKey: key,
    sandbox,
    dir: join(dir, 'gates'),
    stopping: stoppingGates.signal,
  });
  // What the hub is told begins when there are workers to tell of.
  let report = (): Promise<void> => Promise.resolve();
  const fleets = await startFleetWorkers({
    fleets: config.host.fleets,
    onChange: () => void report(),
    log: (line) => log('host', line),
    create: (fleet, { draining, interceptor }) =>
      worker(
        fleetQueue(instance, fleet),
        {
          maxConcurrentActivityTaskExecutions: capacity.slots,
          activityTaskPollerBehavior: onePoll,
          // Leases and gates are ended by the signals that they are given, and nothing cuts them off before.
          shutdownGraceTime: '24 hours',
          activities: {
            ...createLeaseActivities({
              instance,
              hostId,
              runs,
              heartbeats,
              providers: [...providers.keys()],
              announce: (beadId, lease) => announceLease(client, beadId, lease),
              draining,
              drainGraceMs: config.host.drainGraceMs,
              cleanUp: (held) => workspaces.remove(held),
            }),
            ...gates,
          },
        },
        [interceptor],
      ),
  });
  const reporter = startHostReporter({
    facts: () => ({
      name: config.host.name,
      ...fleets.now(),
      fleets: config.host.fleets,
      slots: capacity.slots,
      memoryMb,
      confined: sandbox.confined,
      providers: [...providers.keys()],
      version: loomVersion(),
      note: capacity.note,
    }),
    send: (facts) => hub.reportHost(hostId, facts, key),
    leave: () => hub.removeHost(hostId, key),
    log: (line) => log('host', line),
  });
  report = reporter.report;
  const own = await Promise.all([
    worker(hostQueue(instance, hostId), {
      maxConcurrentActivityTaskExecutions: config.host.slots * config.host.fleets.length * ACTIONS_PER_LEASE,
      shutdownGraceTime: '10 seconds',
      activities: createHostActivities({ runs, workspaces, hub, sandbox, actions, providers }),
    }),
    worker(hostControlQueue(instance, hostId), {
      maxConcurrentActivityTaskExecutions: 4,
      activityTaskPollerBehavior: onePoll,
      shutdownGraceTime: '10 seconds',
      activities: createControlActivities({ runs, fleets, report }),
    }),
  ]);
  const ownRunning = Promise.all(own.map((each) => each.run()));
  log('host', `${hostId} serves ${config.host.fleets.join(', ')} with ${capacity.slots} slots each`);
  return {
    failed: Promise.race([
      fleets.failed,
      ownRunning.then(() => Promise.reject(new Error('a worker of its own queues ended by itself'))),
    ]),
    async stop() {
      // Leases go back when their action in flight has ended, and only then may the queue of actions close.
      const enough = setTimeout(() => stoppingGates.abort(), GATES_MAY_END_MS);
      await fleets.close();
      clearTimeout(enough);
      for (const each of own) each.shutdown();
      await ownRunning;
      await reporter.close();
      await heartbeats.close();
      await clientConnection.close();
      await connection.close();
    },
  };
}

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
