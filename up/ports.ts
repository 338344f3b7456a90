// Which ports the embedded stack listens on: known ones for people, free ones for tests and demos that run beside each other.
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { z } from 'zod';
import { LoomError } from '../domain/errors.ts';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);

/** The variable of each port; those of Loom's own services are described where they are read, in `config/`. */
export const portVariables = {
  api: 'LOOM_API_PORT',
  hub: 'LOOM_HUB_PORT',
  connectors: 'LOOM_CONNECTORS_PORT',
  temporal: 'LOOM_TEMPORAL_PORT',
  temporalUi: 'LOOM_TEMPORAL_UI_PORT',
  postgres: 'LOOM_POSTGRES_PORT',
  nats: 'LOOM_NATS_PORT',
} as const;
export type PortName = keyof typeof portVariables;
export type Ports = Readonly<Record<PortName, number>>;

const portSchema = z.object({
  LOOM_API_PORT: port(4700),
  LOOM_HUB_PORT: port(4710),
  LOOM_CONNECTORS_PORT: port(4720),
  LOOM_TEMPORAL_PORT: port(4730).describe('Port of the embedded Temporal server, on 127.0.0.1.'),
  LOOM_TEMPORAL_UI_PORT: port(4731).describe('Port of the embedded Temporal Web UI, on 127.0.0.1.'),
  LOOM_POSTGRES_PORT: port(4740).describe('Port of the embedded Postgres, on 127.0.0.1.'),
  LOOM_NATS_PORT: port(4750).describe('Port of the embedded NATS server, on 127.0.0.1.'),
});

// Below 32768, where Linux begins to hand out ports for outgoing connections, which would steal them between test and use.
const FREE_FROM = 20_000;
const FREE_TO = 32_000;
const MAX_TRIES = 200;

/**
 * The ports that the environment names, or their defaults. @throws LoomError CONFIG_INVALID when one of `wanted` is taken or
 * not a port, naming the variable that changes it.
 */
export async function fixedPorts(
  env: Readonly<Record<string, string | undefined>>,
  wanted: readonly PortName[],
): Promise<Ports> {
  const parsed = portSchema.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  if (!parsed.success) {
    const names = parsed.error.issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`);
    throw new LoomError(
      'CONFIG_INVALID',
      `Not a port: ${names.join('; ')}`,
      'Give a number from 1 to 65535, or unset it.',
    );
  }
  const ports = mapPorts((name) => parsed.data[portVariables[name]]);
  const held: Server[] = [];
  const taken: PortName[] = [];
  for (const name of wanted) {
    const server = await listen(ports[name]);
    if (server) held.push(server);
    else taken.push(name);
  }
  await Promise.all(held.map(close));
  if (taken.length > 0) {
    const which = taken.map((name) => `${ports[name]} (${name})`).join(', ');
    throw new LoomError(
      'CONFIG_INVALID',
      `${taken.length === 1 ? 'A port is' : 'Ports are'} taken by another program: ${which}`,
      `Stop that program, or choose other ports with ${taken.map((name) => portVariables[name]).join(', ')}.`,
    );
  }
  return ports;
}

/** A free port for each. */
export async function freePorts(): Promise<Ports> {
  const held: Server[] = [];
  const free: number[] = [];
  const count = Object.keys(portVariables).length;
  for (let tries = 0; free.length < count && tries < MAX_TRIES; tries += 1) {
    const candidate = FREE_FROM + Math.floor(Math.random() * (FREE_TO - FREE_FROM));
    const server = await listen(candidate);
    if (server) {
      held.push(server);
      free.push(candidate);
    }
  }
  await Promise.all(held.map(close));
  if (free.length < count) {
    throw new LoomError(
      'UNAVAILABLE',
      `Found no free port in ${MAX_TRIES} tries`,
      'Look for what occupies this machine.',
    );
  }
  const ports = free.values();
  return mapPorts(() => ports.next().value ?? 0);
}

function mapPorts(portOf: (name: PortName) => number): Ports {
  const names = Object.keys(portVariables) as PortName[];
  return Object.fromEntries(names.map((name) => [name, portOf(name)])) as Record<PortName, number>;
}

/** Undefined when somebody else listens there. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
