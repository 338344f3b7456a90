// Checks the import fences of .dependency-cruiser.cjs, and first that they can fail: a cruiser that sees no modules, or a
// rule whose pattern matches nothing, reports success, so each rule must catch the violation that is written for it here.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The part of dependency-cruiser's JSON result that is read here. */
interface CruiseResult {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly { readonly from: string; readonly to: string; readonly rule: { name: string } }[];
  };
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CONFIGURATION = '.dependency-cruiser.cjs';
const CRUISER = join(ROOT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs');

/** Rule, file and text of a violation that the rule has to report. */
const VIOLATIONS: readonly (readonly [rule: string, file: string, text: string])[] = [
  ['domain-is-pure', 'domain/clock.ts', `import { hostname } from 'node:os';\nexport const name = hostname();\n`],
  ['domain-is-pure', 'domain/shape.ts', `import type { Row } from '../store/rows.ts';\nexport type Shape = Row;\n`],
  ['workflows-are-replayed', 'workflows/late.ts', `import { z } from 'zod';\nexport const late = z.string();\n`],
  [
    'workflows-are-replayed',
    'workflows/row.ts',
    `import type { Row } from '../store/rows.ts';\nexport type Late = Row;\n`,
  ],
  ['api-and-cli-execute-nothing', 'api/run.ts', `export { act } from '../actions/act.ts';\n`],
  ['cli-speaks-http', 'cli/list.ts', `export type { Row } from '../store/rows.ts';\n`],
  ['temporal-client-has-one-owner', 'api/start.ts', `export { Client } from '@temporalio/client';\n`],
  ['nats-has-one-owner', 'hub/tell.ts', `export { connect } from 'nats';\n`],
  ['connectors-stand-alone', 'connectors/peek.ts', `export type { Row } from '../store/rows.ts';\n`],
  ['product-without-test-parts', 'hub/mock.ts', `export { jest } from '@jest/globals';\n`],
  ['no-cycles', 'hub/egg.ts', `import type { Hen } from './hen.ts';\nexport type Egg = Hen | null;\n`],
];

const INNOCENT: readonly (readonly [file: string, text: string])[] = [
  ['store/rows.ts', `export interface Row {\n  readonly id: string;\n}\n`],
  ['actions/act.ts', `export const act = 1;\n`],
  ['hub/hen.ts', `import type { Egg } from './egg.ts';\nexport type Hen = Egg[];\n`],
];

async function cruise(folder: string): Promise<CruiseResult['summary']> {
  const argv = [CRUISER, '--config', CONFIGURATION, '--output-type', 'json', '.'];
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    cwd: folder,
    maxBuffer: 256 * 1024 * 1024,
    timeout: 120_000,
  }).catch((error: { stderr?: string; message: string }) => {
    throw new Error(`dependency-cruiser failed in ${folder}: ${error.stderr?.trim() || error.message}`);
  });
  return (JSON.parse(stdout) as CruiseResult).summary;
}

/** Lays out a small project under this project's own configuration in which every rule is broken. */
function layOutSample(folder: string): void {
  for (const file of [CONFIGURATION, 'tsconfig.json', 'package.json']) cpSync(join(ROOT, file), join(folder, file));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const [file, text] of [...INNOCENT, ...VIOLATIONS.map(([, file, text]) => [file, text] as const)]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
}

/** Complaints about the fences themselves; none when each rule reports exactly the violations written for it. */
async function checkFences(): Promise<string[]> {
  const { forbidden } = createRequire(import.meta.url)(join(ROOT, CONFIGURATION)) as { forbidden: { name: string }[] };
  const untested = forbidden.filter(({ name }) => !VIOLATIONS.some(([rule]) => rule === name));
  const folder = mkdtempSync(join(tmpdir(), 'loom-fences-'));
  try {
    layOutSample(folder);
    const { violations } = await cruise(folder);
    const missed = VIOLATIONS.filter(
      ([rule, file]) => !violations.some((violation) => violation.rule.name === rule && violation.from === file),
    );
    return [
      ...untested.map(({ name }) => `rule ${name} has no violating sample in bin/check-imports.ts`),
      ...missed.map(([rule, file]) => `rule ${rule} did not report its violating sample ${file}`),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [complaints, { totalCruised, violations }] = await Promise.all([checkFences(), cruise(ROOT)]);
if (totalCruised === 0) complaints.push('the cruiser saw no module of the project');
complaints.push(...violations.map(({ rule, from, to }) => `${from} imports ${to}, against ${rule.name}`));
process.stdout.write(`${complaints.map((line) => `${line}\n`).join('')}${totalCruised} modules seen\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;
