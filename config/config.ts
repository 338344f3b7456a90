// The only module that reads the environment. It is read once, at start; all problems are reported together.
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { LoomError } from '../domain/errors.ts';

const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
const milliseconds = (fallback: number, min: number) =>
  z.coerce.number().int().min(min).max(86_400_000).default(fallback);

/** One entry per variable. `describe` texts are the documentation: `docs/configuration.md` is generated from them. */
export const environmentSchema = z.object({
  LOOM_DATA_DIR: z.string().default('.loom').describe('Folder for everything that Loom keeps on this machine.'),
  LOOM_INSTANCE: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,30}$/)
    .default('loom')
    .describe(
      'Name of this installation: prefix of its task queues and its event stream, so that several can share services.',
    ),
  LOOM_TEMPORAL_ADDRESS: z.string().default('127.0.0.1:7233').describe('Temporal frontend, host:port.'),
  LOOM_TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace.'),
  LOOM_TEMPORAL_UI_URL: z.string().default('http://127.0.0.1:8233').describe('Where people open the Temporal Web UI.'),
  LOOM_NATS_URL: z.string().default('nats://127.0.0.1:4222').describe('NATS server with JetStream.'),
  LOOM_DATABASE_URL: z
    .string()
    .default('postgres://loom@127.0.0.1:5432/loom')
    .describe('Postgres 14 or newer; the schema is created on start.'),
  LOOM_API_PORT: port(4700).describe('Port of the REST API, on 127.0.0.1.'),
  LOOM_API_URL: z
    .string()
    .default('')
    .describe('Where clients reach the REST API; default http://127.0.0.1:LOOM_API_PORT.'),
  LOOM_API_KEY_FILE: z.string().default('').describe('File with the API key; default LOOM_DATA_DIR/api-key.'),
  LOOM_HUB_PORT: port(4710).describe('Port of the hub (git, transcripts, artifacts), on 127.0.0.1.'),
  LOOM_HUB_URL: z.string().default('').describe('Where hosts reach the hub; default http://127.0.0.1:LOOM_HUB_PORT.'),
  LOOM_CONNECTORS_PORT: port(4720).describe('Port of the connectors gRPC service, on 127.0.0.1.'),
  LOOM_CONNECTORS_ADDRESS: z
    .string()
    .default('')
    .describe('Where the connectors service is reached, host:port; default 127.0.0.1:LOOM_CONNECTORS_PORT.'),
  LOOM_BIND: z
    .string()
    .default('127.0.0.1')
    .describe('Address that the API, the hub and the connectors service listen on.'),
  LOOM_HOST_NAME: z
    .string()
    .default('')
    .describe(
      'Name of this host among its fleet; a part unique to the process is added; default: the name of the machine.',
    ),
  LOOM_HOST_FLEETS: z
    .string()
    .default('agents,verifier')
    .describe('Fleets that this host serves, separated by commas.'),
  LOOM_HOST_SLOTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('Leases that this host holds at a time, for each of its fleets.'),
  LOOM_HOST_DRAIN_GRACE_MS: milliseconds(2_000, 0).describe(
    'So long a host that gives its runs back waits for an action in flight; a longer one is cut off, and repeated by the next host from the checkpoint before it.',
  ),
  LOOM_HOST_RUN_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_048_576)
    .default(512)
    .describe(
      'Memory in MB that one run or one gate may need. A host takes no more of them than fit into its memory, but always one for each of its fleets.',
    ),
  LOOM_HOST_RESERVED_MEMORY_MB: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_048_576)
    .default(1_024)
    .describe('Memory in MB that a host keeps back for itself and for what else runs on its machine.'),
  LOOM_HOST_DIR: z
    .string()
    .default('')
    .describe('Folder for the workspaces of hosts on this machine; default LOOM_DATA_DIR/hosts.'),
  LOOM_HOST_PROVIDERS: z
    .string()
    .default('repairer')
    .describe(
      'Providers without secrets whose turns hosts think themselves, separated by commas; `none` leaves them all to llm workers. The hub takes the answers of no other from a host.',
    ),
  LOOM_HOST_KEY: z
    .string()
    .default('')
    .describe('Key by which a host reads from the hub; default is the content of LOOM_DATA_DIR/host-key.'),
  LOOM_SANDBOX: z
    .enum(['bwrap', 'off'])
    .default('bwrap')
    .describe('`off` runs the commands of agents unconfined; only for machines that are themselves disposable.'),
  LOOM_SANDBOX_TOOLS: z
    .string()
    .default('')
    .describe('Folders with further tools that commands in the sandbox may use, read-only, separated by colons.'),
  LOOM_LEASE_HEARTBEAT_TIMEOUT_MS: milliseconds(15_000, 3_000).describe(
    'A host that has not been heard of for so long has lost its leases.',
  ),
  LOOM_LEASE_GIVE_BACK_AFTER_MS: milliseconds(30_000, 100).describe(
    'A run that cannot go on for so long gives its host back, and asks for one when it can.',
  ),
  LOOM_RUN_MAX_TURNS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(60)
    .describe('Turns of the agent after which an attempt has failed.'),
  LOOM_RUN_CONTINUE_AFTER_EVENTS: z.coerce
    .number()
    .int()
    .min(20)
    .max(40_000)
    .default(4_000)
    .describe('Events of history after which a run goes on in a new execution, between two turns.'),
  LOOM_EVENT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(36_500)
    .default(30)
    .describe('Days for which events are kept. A client that asks for older ones is told `reset`.'),
  LOOM_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('Least severe log line that is written.'),
});

/** Everything the processes need to know, typed and with defaults filled in. Units are in the names. */
export interface Config {
  readonly dataDir: string;
  readonly instance: string;
  readonly temporal: { readonly address: string; readonly namespace: string; readonly uiUrl: string };
  readonly natsUrl: string;
  readonly databaseUrl: string;
  readonly bind: string;
  readonly api: { readonly port: number; readonly url: string; readonly keyFile: string };
  readonly hub: { readonly port: number; readonly url: string; readonly dir: string };
  readonly connectors: { readonly port: number; readonly address: string };
  readonly host: {
    readonly name: string;
    readonly fleets: readonly string[];
    readonly slots: number;
    readonly drainGraceMs: number;
    readonly runMemoryMb: number;
    readonly reservedMemoryMb: number;
    readonly dir: string;
    readonly providers: readonly string[];
    /** Empty where the file beside the hub has it. */
    readonly key: string;
    readonly sandbox: 'bwrap' | 'off';
  };
  readonly lease: { readonly heartbeatTimeoutMs: number; readonly giveBackAfterMs: number };
  readonly run: { readonly maxTurns: number; readonly continueAfterEvents: number };
  readonly events: { readonly retentionDays: number };
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
}

/** @throws LoomError CONFIG_INVALID naming every variable that is wrong, what it should look like and what was found. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `${name}=${JSON.stringify(given[name])}: ${issue.message}`;
    });
    throw new LoomError(
      'CONFIG_INVALID',
      `The environment has ${problems.length === 1 ? 'a wrong value' : 'wrong values'}: ${problems.join('; ')}`,
      'Correct or unset the variables named; docs/configuration.md lists what each takes.',
    );
  }
  const e = parsed.data;
  const dataDir = resolve(e.LOOM_DATA_DIR);
  return {
    dataDir,
    instance: e.LOOM_INSTANCE,
    temporal: { address: e.LOOM_TEMPORAL_ADDRESS, namespace: e.LOOM_TEMPORAL_NAMESPACE, uiUrl: e.LOOM_TEMPORAL_UI_URL },
    natsUrl: e.LOOM_NATS_URL,
    databaseUrl: e.LOOM_DATABASE_URL,
    bind: e.LOOM_BIND,
    api: {
      port: e.LOOM_API_PORT,
      url: e.LOOM_API_URL || `http://127.0.0.1:${e.LOOM_API_PORT}`,
      keyFile: e.LOOM_API_KEY_FILE || `${dataDir}/api-key`,
    },
    hub: {
      port: e.LOOM_HUB_PORT,
      url: e.LOOM_HUB_URL || `http://127.0.0.1:${e.LOOM_HUB_PORT}`,
      dir: `${dataDir}/hub`,
    },
    connectors: {
      port: e.LOOM_CONNECTORS_PORT,
      address: e.LOOM_CONNECTORS_ADDRESS || `127.0.0.1:${e.LOOM_CONNECTORS_PORT}`,
    },
    host: {
      name: e.LOOM_HOST_NAME || hostname(),
      fleets: e.LOOM_HOST_FLEETS.split(',').map((fleet) => fleet.trim()),
      providers:
        e.LOOM_HOST_PROVIDERS === 'none' ? [] : e.LOOM_HOST_PROVIDERS.split(',').map((provider) => provider.trim()),
      slots: e.LOOM_HOST_SLOTS,
      drainGraceMs: e.LOOM_HOST_DRAIN_GRACE_MS,
      runMemoryMb: e.LOOM_HOST_RUN_MEMORY_MB,
      reservedMemoryMb: e.LOOM_HOST_RESERVED_MEMORY_MB,
      dir: e.LOOM_HOST_DIR ? resolve(e.LOOM_HOST_DIR) : `${dataDir}/hosts`,
      key: e.LOOM_HOST_KEY,
      sandbox: e.LOOM_SANDBOX,
    },
    lease: {
      heartbeatTimeoutMs: e.LOOM_LEASE_HEARTBEAT_TIMEOUT_MS,
      giveBackAfterMs: e.LOOM_LEASE_GIVE_BACK_AFTER_MS,
    },
    run: { maxTurns: e.LOOM_RUN_MAX_TURNS, continueAfterEvents: e.LOOM_RUN_CONTINUE_AFTER_EVENTS },
    events: { retentionDays: e.LOOM_EVENT_RETENTION_DAYS },
    logLevel: e.LOOM_LOG_LEVEL,
  };
}
