// Process entry: serves the bare workflow and its activities with the options that Loom's own workers have. Activities have a
// queue of their own, as Loom's have; on the workflow's queue they are started eagerly, which is measured beside it.
import { join } from 'node:path';
import { NativeConnection, Worker } from '@temporalio/worker';
import { readConfig } from '../config/config.ts';
import { workflowBundle } from '../workers/bundle.ts';
import { runProcess } from '../workers/process.ts';
import { installTemporalRuntime } from '../workers/temporal-runtime.ts';
import type { BareActivities } from './bare-workflow.ts';
import { BARE_QUEUES } from './bare-queues.ts';

const ROOM = 200;

await runProcess('bare', async () => {
  const { temporal } = readConfig(process.env);
  installTemporalRuntime('bare');
  const connection = await NativeConnection.connect({ address: temporal.address });
  const activities: BareActivities = { nothing: () => Promise.resolve() };
  const common = { connection, namespace: temporal.namespace, activities, shutdownGraceTime: '10 seconds' } as const;
  const workers = await Promise.all([
    Worker.create({
      ...common,
      taskQueue: BARE_QUEUES.workflows,
      workflowBundle: await workflowBundle(join(import.meta.dirname, 'bare-workflow.ts')),
      maxCachedWorkflows: 500,
      stickyQueueScheduleToStartTimeout: '2 seconds',
    }),
    Worker.create({ ...common, taskQueue: BARE_QUEUES.activities, maxConcurrentActivityTaskExecutions: ROOM }),
  ]);
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    failed: running.then(() => Promise.reject(new Error('the workers ended by themselves'))),
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await connection.close();
    },
  };
});
