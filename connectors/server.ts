// Process entry: the connectors over gRPC, with the standard health service beside them. Told to stop, it takes no more
// calls and lets those that run end.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { promisify } from 'node:util';
import { readConfig } from '../config/config.ts';
import { LoomError, messageOf } from '../domain/errors.ts';
import { log, runProcess } from '../workers/process.ts';
import { CONNECTORS_SERVICE, connectorsService, MAX_MESSAGE_BYTES } from './contract.ts';
import { ConnectorFailure } from './failure.ts';
import { createKinds } from './registry.ts';
import { createConnectorsService } from './service.ts';
import type { CallRecord } from './service.ts';
import { readConnectorSettings } from './settings.ts';

/** Below the supervisor's patience. */
const GRACE_MS = 8_000;

await runProcess('connectors', async () => {
  const { bind, connectors } = readConfig(process.env);
  const kinds = createKinds(readConnectorSettings(process.env));
  const server = new Server({
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  });
  const health = new HealthImplementation({ '': 'SERVING', [CONNECTORS_SERVICE]: 'SERVING' });
  health.addToServer(server);
  const stopping = new AbortController();
  server.addService(connectorsService, createConnectorsService(kinds, stopping.signal, logCall));
  await listen(server, `${bind}:${connectors.port}`);
  return {
    async stop() {
      for (const name of ['', CONNECTORS_SERVICE]) health.setStatus(name, 'NOT_SERVING');
      const late = setTimeout(() => {
        stopping.abort(stopped());
        server.forceShutdown();
      }, GRACE_MS);
      await promisify(server.tryShutdown.bind(server))();
      clearTimeout(late);
    },
  };
});

async function listen(server: Server, address: string): Promise<void> {
  try {
    await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());
  } catch (cause) {
    throw new LoomError(
      'CONFIG_INVALID',
      `The connectors service cannot listen on ${address}: ${messageOf(cause)}`,
      'Stop what uses the port, or choose another port with LOOM_CONNECTORS_PORT, another address with LOOM_BIND.',
      { cause },
    );
  }
}

const stopped = (): ConnectorFailure =>
  new ConnectorFailure('STOPPING', {
    what: 'the call was abandoned',
    why: 'the connectors service stops',
    next: 'Look whether the effect stands, then call again with the same idempotency key.',
  });

function logCall({ kind, operation, outcome, ms, error }: CallRecord): void {
  log('connectors', `${kind}.${operation} ${outcome} ${ms} ms${error === undefined ? '' : `\n${error}`}`);
}
