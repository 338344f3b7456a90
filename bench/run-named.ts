// What `npm run bench` and `npm run chaos` have in common: a name, its options, and an exit status that says how it went.
import { LoomError } from '../domain/errors.ts';
import { EXIT } from './report.ts';

export interface Named {
  /** One line of help, options included. */
  readonly about: string;
  /** Returns the exit status: `EXIT.met` or `EXIT.notMet`. */
  run(args: readonly string[]): Promise<number>;
}

/** Ends the process. Exit status 0 aims met, 3 aims not met, 2 misused, 1 could not be measured. */
export async function runNamed(command: string, all: Readonly<Record<string, Named>>): Promise<never> {
  const [name, ...args] = process.argv.slice(2);
  const chosen = name === undefined || !Object.hasOwn(all, name) ? undefined : all[name];
  if (chosen === undefined) {
    console.error(`usage: npm run ${command} -- NAME [options]   (--json ends with one line for programs)\n`);
    for (const [known, { about }] of Object.entries(all)) console.error(`  ${known.padEnd(10)} ${about}`);
    process.exit(EXIT.usage);
  }
  try {
    process.exit(await chosen.run(args));
  } catch (error) {
    console.error(error instanceof LoomError ? `${error.message}\n  next: ${error.next}` : error);
    process.exit(error instanceof TypeError && 'code' in error ? EXIT.usage : 1);
  }
}
