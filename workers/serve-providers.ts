// Model turns for a set of providers, one task queue each: a provider's trouble or rate limit holds up no other.
import { NativeConnection, Worker } from '@temporalio/worker';
import { failureBoundary } from '../activities/failure-boundary.ts';
import { createThinkActivities } from '../activities/think.ts';
import type { Config } from '../config/config.ts';
import { llmQueue } from '../domain/task-queues.ts';
import type { Provider } from '../llm/provider.ts';
import { openDatabase } from '../store/database.ts';
import type { Serving } from './process.ts';
import { installTemporalRuntime } from './temporal-runtime.ts';

/** A turn mostly waits for the model, so this bounds memory and not work. */
const TURNS_AT_A_TIME = 200;

export async function serveProviders(config: Config, offered: readonly Provider[]): Promise<Serving> {
  installTemporalRuntime('llm');
  const database = openDatabase(config.databaseUrl);
  const connection = await NativeConnection.connect({ address: config.temporal.address });
  const providers = new Map(offered.map((provider) => [provider.name, provider]));
  const activities = createThinkActivities({ database, providers });
  const workers = await Promise.all(
    offered.map(({ name }) =>
      Worker.create({
        connection,
        namespace: config.temporal.namespace,
        taskQueue: llmQueue(config.instance, name),
        activities,
        interceptors: { activity: [() => ({ inbound: failureBoundary })] },
        maxConcurrentActivityTaskExecutions: TURNS_AT_A_TIME,
        shutdownGraceTime: '10 seconds',
      }),
    ),
  );
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    failed: running.then(() => Promise.reject(new Error('the workers ended by themselves'))),
    async stop() {
      for (const worker of workers) worker.shutdown();
      await running;
      await database.close();
      await connection.close();
    },
  };
}
