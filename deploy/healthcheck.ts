// Asks a service on this machine whether it serves: `healthcheck.ts http URL` or `healthcheck.ts grpc HOST:PORT`.
// Exit 0 when it does; otherwise 1 with the reason.
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

const DEADLINE_MS = 4_000;

async function askHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
}

async function askGrpc(address: string): Promise<void> {
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } =
    healthService['Check'] ?? fail('the health service has no Check');
  const answer = await new Promise<unknown>((resolve, reject) => {
    const options = { deadline: Date.now() + DEADLINE_MS };
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, new Metadata(), options, (error, value) =>
      error === null ? resolve(value) : reject(error),
    );
  });
  client.close();
  const serving = typeof answer === 'object' && answer !== null && 'status' in answer && answer.status === 'SERVING';
  if (!serving) throw new Error(`not serving: ${JSON.stringify(answer)}`);
}

const fail = (why: string): never => {
  throw new Error(why);
};

const [protocol, target = ''] = process.argv.slice(2);
try {
  if (protocol === 'http') await askHttp(target);
  else if (protocol === 'grpc') await askGrpc(target);
  else fail('usage: healthcheck.ts http URL | grpc HOST:PORT');
} catch (error) {
  process.stderr.write(`${target}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
