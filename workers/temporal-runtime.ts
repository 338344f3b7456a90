// The SDK's process-wide settings. Ending is ours: left alone, the SDK stops every worker at the first SIGTERM, and a host that
// drains needs its workers until its leases are given back.
import { DefaultLogger, Runtime, makeTelemetryFilterString } from '@temporalio/worker';
import { log } from './process.ts';

/** Said of every worker that serves only activities, which is most of them. */
const EXPECTED = /^No (workflows|Nexus services|activities) registered/;

/** Call it once, before the first connection. @param name of the process, for its log lines */
export function installTemporalRuntime(name: string): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      if (EXPECTED.test(message)) return;
      const { error, workflowId, activityType } = meta ?? {};
      const about = [activityType, workflowId, error].filter((part) => part !== undefined).map(String);
      log(name, [`${level.toLowerCase()}: ${message}`, ...about].join(' | '));
    }),
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }) } },
  });
}
