import { Command } from 'commander';
import type { Run, StepPage } from '../api-shapes.ts';
import type { Step } from '../../domain/step.ts';
import { action } from '../session.ts';
import { duration, facts, moment, shortCommit } from '../text.ts';
import { stepText } from '../transcript.ts';

export const runShow = (): Command =>
  new Command('show')
    .description('show a run: one attempt at a bead')
    .argument('<run>')
    .option('--transcript', 'print every message, answer and result')
    .action(
      action<{ readonly transcript?: boolean }, [string]>(async ({ api, show, print, json }, { transcript }, id) => {
        const path = `/runs/${encodeURIComponent(id)}`;
        const run = await api.get<Run>(path);
        const steps: Step[] = [];
        if (!json) print(runFacts(run));
        for (let after = 0; transcript === true;) {
          const page = await api.get<StepPage>(`${path}/steps`, { after });
          if (json) steps.push(...page.steps);
          else for (const step of page.steps) print(stepText(step));
          if (page.next === null) break;
          after = page.next;
        }
        if (json) show(transcript === true ? { ...run, steps } : run, () => '');
      }),
    );

const runFacts = (run: Run): string =>
  facts([
    ['run', run.id],
    ['bead', run.beadId],
    ['status', run.exit === null ? run.status : `${run.status}: ${run.exit}`],
    ['provider', run.provider],
    ['host', run.hostId],
    ['turns', run.turns],
    ['steps', run.lastStep],
    ['base', shortCommit(run.baseCommit)],
    ['workspace', run.checkpoint === null ? 'unchanged' : shortCommit(run.checkpoint)],
    ['started', moment(run.startedAt)],
    ['took', run.endedAt === null ? null : duration(Date.parse(run.endedAt) - Date.parse(run.startedAt))],
  ]);
