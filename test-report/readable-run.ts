// Makes a test command say by name what it ran, without changing what it runs: by environment where the runner allows it, by a
// flag where the command is simple enough to take one.
import { fileURLToPath } from 'node:url';
import type { Runner } from './report.ts';

/** Has to be mounted for the run; `target` is where it is found inside. */
export const NODE_REPORTER = {
  source: fileURLToPath(new URL('./node-reporter.mjs', import.meta.url)),
  target: '/opt/loom/node-reporter.mjs',
} as const;

export interface TestCommand {
  readonly command: string;
  /** Text of the project's package.json, where it has one: a command such as `npm test` hides the runner there. */
  readonly manifest: string | null;
  /** Where the run finds {@link NODE_REPORTER}. */
  readonly reporterPath: string;
  /** Runs only tests whose name matches; a pattern of the runner's kind. */
  readonly pattern?: string;
  /** Known better by the caller than by the look of the command. */
  readonly runner?: Runner;
}

export interface ReadableRun {
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** Null where the command does not show it. */
  readonly runner: Runner | null;
  /** The pattern could not be handed on: everything runs. */
  readonly patternIgnored: boolean;
}

export function readableRun(test: TestCommand): ReadableRun {
  const script = scriptOf(test.command, test.manifest);
  const line = script ?? test.command.trim();
  const runner = test.runner ?? runnerOf(line);
  const env: Record<string, string> = {};
  const nodeOptions: string[] = [];
  // A command with reporters of its own would be left with more reporters than destinations.
  if (!line.includes('--test-reporter')) {
    nodeOptions.push('--test-reporter=spec', '--test-reporter-destination=stdout');
    nodeOptions.push(`--test-reporter=${test.reporterPath}`, '--test-reporter-destination=stderr');
  }
  if (runner === 'pytest') env.PYTEST_ADDOPTS = '-rfEpsxX';
  const flags: string[] = [];
  const isSimple = !/[;&|<>`$()\n]/.test(line);
  if (runner === 'unittest' && !/\s(-v|--verbose)\b/.test(line)) flags.push('-v');
  if (runner === 'jest' && !line.includes('--verbose')) flags.push('--verbose');
  if (runner === 'vitest' && !line.includes('--reporter')) flags.push('--reporter=verbose');
  let patternIgnored = test.pattern !== undefined;
  if (test.pattern !== undefined && runner === 'node:test') {
    nodeOptions.push(`"--test-name-pattern=${test.pattern.replaceAll(/["\\]/g, '\\$&')}"`);
    patternIgnored = false;
  } else if (test.pattern !== undefined && runner === 'pytest') {
    env.PYTEST_ADDOPTS += ` -k ${quoted(test.pattern)}`;
    patternIgnored = false;
  } else if (test.pattern !== undefined && runner !== null && runner !== 'tap' && isSimple) {
    flags.push(runner === 'mocha' ? '-g' : runner === 'unittest' ? '-k' : '-t', quoted(test.pattern));
    patternIgnored = false;
  }
  if (nodeOptions.length > 0) env.NODE_OPTIONS = nodeOptions.join(' ');
  const canTakeFlags = isSimple && flags.length > 0;
  const separator = script !== null && /^(npm|pnpm)\b/.test(test.command.trim()) ? ' -- ' : ' ';
  return {
    command: canTakeFlags ? test.command.trim() + separator + flags.join(' ') : test.command,
    env,
    runner,
    patternIgnored,
  };
}

/** The script behind `npm test`, `npm run x`, `pnpm x`, `yarn x`; null for any other command. */
function scriptOf(command: string, manifest: string | null): string | null {
  const name = /^(?:npm|pnpm|yarn)(?: -s| --silent)?(?: run(?:-script)?)? ([\w:.-]+)$/.exec(command.trim())?.[1];
  if (name === undefined || manifest === null) return null;
  try {
    const { scripts } = JSON.parse(manifest) as { scripts?: Readonly<Record<string, unknown>> };
    const script = scripts?.[name === 't' ? 'test' : name];
    return typeof script === 'string' ? script : null;
  } catch {
    return null; // not JSON: npm will say so itself
  }
}

function runnerOf(line: string): Runner | null {
  if (/\b(pytest|py\.test)\b/.test(line)) return 'pytest';
  if (/\bpython[\d.]*\s.*-m\s+unittest\b/.test(line)) return 'unittest';
  for (const runner of ['vitest', 'jest', 'mocha'] as const) {
    if (new RegExp(`(^|[\\s/])${runner}(\\.[cm]?js)?(\\s|$)`).test(line)) return runner;
  }
  if (/\s--test(\s|$|=)/.test(line)) return 'node:test';
  if (/(^|[\s/])(tape|tap)(\s|$)/.test(line)) return 'tap';
  return null;
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
