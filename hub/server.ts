// Process entry: the hub's HTTP server, and the worker that moves branches.
import { createServer } from 'node:http';
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { failureBoundary } from '../activities/failure-boundary.ts';
import { createHubActivities } from '../activities/hub.ts';
import { readConfig } from '../config/config.ts';
import { hubQueue } from '../domain/task-queues.ts';
import { openDatabase } from '../store/database.ts';
import { migrate } from '../store/migrate.ts';
import { listen } from '../workers/listen.ts';
import { log, runProcess } from '../workers/process.ts';
import { installTemporalRuntime } from '../workers/temporal-runtime.ts';
import { createHubApp } from './app.ts';
import { hostKey } from './host-key.ts';
import { openRepositories } from './repositories.ts';

await runProcess('hub', async () => {
  const config = readConfig(process.env);
  installTemporalRuntime('hub');
  const database = openDatabase(config.databaseUrl, { maxConnections: 20 });
  const root = join(config.hub.dir, 'repositories');
  const repositories = openRepositories(root);
  const [connection, key] = await Promise.all([
    NativeConnection.connect({ address: config.temporal.address }),
    hostKey(config.dataDir),
    migrate(database),
  ]);
  const app = createHubApp({
    database,
    repositories,
    root,
    hostKey: key,
    hostProviders: config.host.providers,
    log: (line) => log('hub', line),
  });
  const server = await listen(createServer(app), {
    port: config.hub.port,
    bind: config.bind,
    variable: 'LOOM_HUB_PORT',
  });
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: hubQueue(config.instance),
    activities: createHubActivities({ database, repositories }),
    interceptors: { activity: [() => ({ inbound: failureBoundary })] },
    maxConcurrentActivityTaskExecutions: 8,
    shutdownGraceTime: '20 seconds',
  });
  const running = worker.run();
  return {
    failed: running.then(() => Promise.reject(new Error('the worker ended by itself'))),
    async stop() {
      worker.shutdown();
      await running;
      await server.close();
      await database.close();
      await connection.close();
    },
  };
});
