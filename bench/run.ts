// `npm run bench -- NAME [options]`: each bench is one file with one exported function.
import { LoomError } from '../domain/errors.ts';
import { benchBugs } from './bugs.ts';
import { EXIT } from './report.ts';

const BENCHES: Readonly<Record<string, { readonly about: string; run(args: readonly string[]): Promise<number> }>> = {
  bugs: {
    about: 'sends every case of a folder through the whole path; --set DIR [--out FILE] [--filter TEXT] [--limit N]',
    run: benchBugs,
  },
};

const [name, ...args] = process.argv.slice(2);
const bench = name === undefined ? undefined : BENCHES[name];
if (bench === undefined) {
  console.error('usage: npm run bench -- NAME [options]   (--json ends with one line for programs)\n');
  for (const [known, { about }] of Object.entries(BENCHES)) console.error(`  ${known.padEnd(10)} ${about}`);
  process.exit(EXIT.usage);
}
try {
  process.exit(await bench.run(args));
} catch (error) {
  console.error(error instanceof LoomError ? `${error.message}\n  next: ${error.next}` : error);
  process.exit(1);
}
