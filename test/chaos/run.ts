// `npm run chaos -- NAME [options]`: what is killed, and that the result does not show it.
import { runNamed } from '../../bench/run-named.ts';
import { chaosEvents } from './events.ts';
import { chaosHistory } from './history.ts';
import { chaosKill } from './kill.ts';
import { chaosProcesses } from './processes.ts';
import { chaosSteps } from './steps.ts';
import { chaosZombies } from './zombies.ts';

await runNamed('chaos', {
  kill: {
    about: 'hosts killed in the middle of an action, and how soon the next one has the run; [--rounds N]',
    run: chaosKill,
  },
  processes: {
    about: 'every process of an installation killed and frozen while beads run; [--seed N] [--runs N] [--lanes N]',
    run: chaosProcesses,
  },
  steps: {
    about: 'host, llm worker and orchestrator killed at every step of forty turns; [--seed N] [--sample N] [--lanes N]',
    run: chaosSteps,
  },
  zombies: {
    about: 'hosts frozen at every phase of a run, and thawed when another has it; [--seed N] [--moments N]',
    run: chaosZombies,
  },
  history: {
    about:
      'what a thousand model calls leave in Temporal; [--calls N] [--tokens N] [--continue-after EVENTS] [--fused]',
    run: chaosHistory,
  },
  events: {
    about: 'NATS, relay and API killed under events and clients that drop; [--seed N] [--events N] [--clients N]',
    run: chaosEvents,
  },
});
