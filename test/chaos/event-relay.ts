// Process entry: a relay of its own, so that it can be killed alone and what it costs can be told.
import { readConfig } from '../../config/config.ts';
import { openEventBus } from '../../events/nats.ts';
import { startRelay } from '../../events/relay.ts';
import { log, runProcess } from '../../workers/process.ts';

const NAME = 'relay';

await runProcess(NAME, () => {
  const { natsUrl, databaseUrl, instance, events } = readConfig(process.env);
  const say = (line: string) => log(NAME, line);
  const bus = openEventBus({ url: natsUrl, instance, log: say });
  const relay = startRelay({ databaseUrl, instance, bus, retentionDays: events.retentionDays, log: say });
  return Promise.resolve({
    async stop() {
      await relay.stop();
      await bus.close();
    },
  });
});
