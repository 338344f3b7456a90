// `npm run chaos -- NAME [options]`: what is killed, and that the result does not show it.
import { runNamed } from '../../bench/run-named.ts';
import { chaosKill } from './kill.ts';

await runNamed('chaos', {
  kill: {
    about: 'hosts killed in the middle of an action, and how soon the next one has the run; [--rounds N]',
    run: chaosKill,
  },
});
