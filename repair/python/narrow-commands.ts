// Commands that run a few tests only, made from the project's own test command where it says which runner it uses.
import type { TestName } from '../protocol.ts';

export interface NarrowCommand {
  /** Runs the wanted tests, and perhaps more. */
  readonly wanted: string;
  /** Runs what else the same files hold; absent where the runner cannot leave tests out. */
  readonly others?: string;
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** The last part of a name, without the arguments of a parametrised test. */
const bare = (name: string): string =>
  name
    .replace(/\[.*$/, '')
    .split(/::|\.| > /)
    .at(-1)
    ?.trim() ?? name;

/**
 * The likeliest first. A runner is recognised at the start of the command, so that an interpreter or an environment named there is kept:
 * `.venv/bin/python -m pytest tests` gives `.venv/bin/python -m pytest FILE -k NAME`.
 */
export function narrowCommands(testCommand: string, failing: readonly TestName[]): NarrowCommand[] {
  const names = [...new Set(failing.map((test) => bare(test.name)))].filter((name) => /^\w+$/.test(name));
  if (names.length === 0) return [];
  const files = [...new Set(failing.map((test) => test.file))].filter((file) => file !== '').map(quoted);
  const pytest = (runner: string): NarrowCommand => {
    const base = [runner, '-p no:cacheprovider', ...files].join(' ');
    return {
      wanted: `${base} -k ${quoted(names.join(' or '))}`,
      others: `${base} -k ${quoted(`not (${names.join(' or ')})`)}`,
    };
  };
  const unittest = (runner: string): NarrowCommand => ({
    wanted: [runner, ...names.map((name) => `-k ${quoted(name)}`)].join(' '),
  });
  const known =
    /^(?<pytest>[^;&|]*?\b(?:py\.test|pytest))\b|^(?<unittest>[^;&|]*?\bpython[\d.]* -m unittest(?: discover)?)\b/.exec(
      testCommand,
    )?.groups;
  if (known?.pytest !== undefined) return [pytest(known.pytest)];
  if (known?.unittest !== undefined) return [unittest(known.unittest)];
  return [pytest('python3 -m pytest'), unittest('python3 -m unittest')];
}
