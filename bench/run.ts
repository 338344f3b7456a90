// `npm run bench -- NAME [options]`: each bench is one file with one exported function.
import { benchBugs } from './bugs.ts';
import { benchDrain } from './drain.ts';
import { benchOverhead } from './overhead.ts';
import { runNamed } from './run-named.ts';

await runNamed('bench', {
  bugs: {
    about:
      'every case of a folder through the whole path; --set DIR [--out FILE] [--filter TEXT] [--limit N] [--holdout SHARE]',
    run: benchBugs,
  },
  overhead: {
    about: 'what Loom costs beside bare Temporal; --rounds N, --only run,submit,share,in-flight, --levels 15,30,60',
    run: benchOverhead,
  },
  drain: {
    about: 'SIGTERM to a busy host while another is up: time to the next host, actions executed twice; [--rounds N]',
    run: benchDrain,
  },
});
