// `npm run check [-- NAME ...]`: may this be committed? Needs no service, runs every tool even after a failure, and is
// quiet about whatever is in order. With names, runs only those tools.
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

interface Tool {
  readonly name: string;
  /** What the person who sees it fail does next. */
  readonly next: string;
  /** Script below the project's root, then its arguments. Run with the Node of this process. */
  readonly command: readonly string[];
}

interface Outcome {
  readonly failure: string | null;
  readonly output: string;
  readonly ms: number;
}

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DEADLINE_MS = 300_000;
const OUTPUT_LIMIT = 200_000;

// Slowest first, which keeps both cores busy to the end.
const TOOLS: readonly Tool[] = [
  {
    name: 'types',
    next: 'mend the types named above',
    command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--pretty', 'false'],
  },
  {
    name: 'imports',
    next: 'read the comment of the rule in .dependency-cruiser.cjs and move the code or the import',
    command: ['bin/check-imports.ts'],
  },
  {
    name: 'format',
    next: 'npx prettier --write FILE',
    command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--cache', '--log-level', 'warn', '.'],
  },
  {
    name: 'unused',
    next: 'delete what nothing uses, or name the new entry point in knip.json',
    command: ['node_modules/knip/bin/knip.js', '--treat-config-hints-as-errors', '--no-progress'],
  },
  {
    name: 'types of workflows',
    next: 'domain/ and workflows/ compile without Node: take the value as an argument or from an activity',
    command: ['node_modules/typescript/bin/tsc', '-p', 'workflows/tsconfig.json', '--pretty', 'false'],
  },
  {
    name: 'duplication',
    next: 'give the shared part a name and one place',
    command: ['node_modules/jscpd/bin/jscpd', '--config', '.jscpd.json', '.'],
  },
  {
    name: 'lint',
    next: 'mend the code; where the rule is wrong, disable it on that line and say why',
    command: ['node_modules/oxlint/bin/oxlint', '.'],
  },
];

const run = ({ command: [script, ...args] }: Tool): Promise<Outcome> =>
  new Promise((resolve) => {
    const started = performance.now();
    const child = spawn(process.execPath, [join(ROOT, script ?? ''), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    let output = '';
    const collect = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(0, OUTPUT_LIMIT);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    const finish = (failure: string | null): void => {
      resolve({ failure, output, ms: performance.now() - started });
    };
    child.on('error', (error) => finish(`could not be started: ${error.message}`));
    child.on('close', (code, signal) => {
      if (signal !== null) finish(`killed by ${signal} (the limit is ${DEADLINE_MS / 1000} s)`);
      else finish(code === 0 ? null : `exit status ${code}`);
    });
  });

const width = Math.max(...TOOLS.map(({ name }) => name.length));
const report = (tool: Tool, { failure, output, ms }: Outcome): void => {
  const line = `${tool.name.padEnd(width)}  ${failure === null ? 'ok    ' : 'FAILED'}  ${(ms / 1000).toFixed(1).padStart(5)} s`;
  if (failure === null) return void process.stdout.write(`${line}\n`);
  const text = output.trim().replaceAll(/^/gm, '  ');
  process.stdout.write(`${line}  ${failure}\n${text}\n  next: ${tool.next}\n`);
};

const wanted = process.argv.slice(2);
const strange = wanted.filter((name) => !TOOLS.some((tool) => tool.name === name));
if (strange.length > 0) {
  process.stderr.write(
    `check: there is no tool ${strange.map((name) => `"${name}"`).join(', ')}\n` +
      `  next: choose from ${TOOLS.map(({ name }) => `"${name}"`).join(', ')}\n`,
  );
  process.exit(2);
}

const queue = TOOLS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
let failed = 0;
const lane = async (): Promise<void> => {
  for (let tool = queue.shift(); tool !== undefined; tool = queue.shift()) {
    const outcome = await run(tool);
    if (outcome.failure !== null) failed += 1;
    report(tool, outcome);
  }
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, lane));
process.exitCode = failed === 0 ? 0 : 1;
