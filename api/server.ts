// The API process: listens, says when it serves, and ends in order: requests in flight may finish, streams are cut.
import { createServer } from 'node:http';
import { readConfig } from '../config/config.ts';
import { LoomError, errorCode, messageOf } from '../domain/errors.ts';
import { openApiService } from './service.ts';

/** Requests in flight may end; then what is left is cut off. */
const DRAIN_MS = 8_000;

const log = (line: string): void => void process.stderr.write(`${new Date().toISOString()} api ${line}\n`);

async function serve(): Promise<void> {
  const config = readConfig(process.env);
  const service = await openApiService(config, log);
  const server = createServer(service.app);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(cannotListen(error, config.bind, config.api.port)));
    server.listen(config.api.port, config.bind, resolve);
  });
  log(`serves http://${config.bind}:${config.api.port}`);

  let stopping = false;
  const stop = async (why: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log(`stops: ${why}`);
    setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    service.endStreams();
    server.closeIdleConnections();
    await closed;
    await service.close();
    if (process.connected) process.disconnect();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));
  // Whoever started it is gone; nobody would stop it later.
  if (process.connected) process.on('disconnect', () => void stop('its parent is gone'));
  process.send?.({ ready: true });
}

function cannotListen(error: NodeJS.ErrnoException, bind: string, port: number): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES' && error.code !== 'EADDRNOTAVAIL') return error;
  return new LoomError(
    'CONFIG_INVALID',
    `The API cannot listen on ${bind}:${port}: ${error.code === 'EADDRINUSE' ? 'the port is taken' : error.message}`,
    'Choose another port with LOOM_API_PORT, or another address with LOOM_BIND.',
    { cause: error },
  );
}

await serve().catch((error: unknown) => {
  log(error instanceof LoomError ? `${error.message}\n  next: ${error.next}` : messageOf(error));
  // 78 says that only a person can mend it, so that a supervisor does not try for ever.
  process.exit(errorCode(error) === 'CONFIG_INVALID' ? 78 : 1);
});
