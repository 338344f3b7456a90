// `npm run bench -- NAME [options]`: each bench is one file with one exported function.
import { benchBugs } from './bugs.ts';
import { runNamed } from './run-named.ts';

await runNamed('bench', {
  bugs: {
    about:
      'every case of a folder through the whole path; --set DIR [--out FILE] [--filter TEXT] [--limit N] [--holdout SHARE]',
    run: benchBugs,
  },
});
