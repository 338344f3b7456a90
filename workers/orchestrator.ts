// Process entry: serves the workflows with their local activities, and runs the relay.
import { NativeConnection, Worker } from '@temporalio/worker';
import { createReconcileActivities } from '../activities/reconcile.ts';
import { createRecordActivities } from '../activities/record.ts';
import { failureBoundary } from '../activities/failure-boundary.ts';
import { isBeadRunning } from '../client/bead-execution.ts';
import { beadSettings, restartBead, startBead } from '../client/beads.ts';
import { ensureReconciler } from '../client/schedules.ts';
import { ensureSearchAttributes } from '../client/search-attributes.ts';
import { openTemporal } from '../client/temporal.ts';
import { readConfig } from '../config/config.ts';
import { orchestratorQueue } from '../domain/task-queues.ts';
import { openEventBus } from '../events/nats.ts';
import { startRelay } from '../events/relay.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { workflowBundle } from './bundle.ts';
import { keepScheduled } from './keep-scheduled.ts';
import { log, runProcess } from './process.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

const NAME = 'orchestrator';

await runProcess(NAME, async () => {
  const config = readConfig(process.env);
  installTemporalRuntime(NAME);
  const { instance } = config;
  const database = openDatabase(config.databaseUrl);
  const temporal = openTemporal(config.temporal);
  const say = (line: string) => log(NAME, line);
  // What Temporal keeps beside the workflows; whoever wipes it wipes this as well.
  const ensureFurnished = async () => {
    await ensureSearchAttributes(temporal, config.temporal.namespace);
    await ensureReconciler(temporal, instance);
  };
  const [workflows, connection] = await Promise.all([
    workflowBundle(),
    NativeConnection.connect({ address: config.temporal.address }),
    migrate(database),
    ensureFurnished(),
  ]);
  const bus = openEventBus({ url: config.natsUrl, instance, log: say });
  const relay = startRelay({
    databaseUrl: config.databaseUrl,
    instance,
    bus,
    retentionDays: config.events.retentionDays,
    log: say,
  });
  const furnishing = keepScheduled(ensureFurnished, say);
  const settings = beadSettings(config);
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: orchestratorQueue(instance),
    workflowBundle: workflows,
    activities: {
      ...createRecordActivities({ database }),
      ...createReconcileActivities({
        database,
        startBead: async (bead) => (await startBead(temporal, bead, settings)) === 'started',
        isRunning: (beadId) => isBeadRunning(temporal, beadId),
        restartBead: (bead) => restartBead(temporal, bead, settings),
        log: say,
      }),
    },
    interceptors: { activity: [() => ({ inbound: failureBoundary })] },
    maxCachedWorkflows: 500,
    // A restarted orchestrator must not wait for the sticky queue of the one that died.
    stickyQueueScheduleToStartTimeout: '2 seconds',
    shutdownGraceTime: '10 seconds',
  });
  const running = worker.run();
  return {
    failed: running.then(() => Promise.reject(new Error('the worker ended by itself'))),
    async stop() {
      worker.shutdown();
      await running;
      await furnishing.stop();
      await relay.stop();
      await bus.close();
      await temporal.close();
      await database.close();
      await connection.close();
    },
  };
});
