import { Command } from 'commander';
import type { Bead, BeadDetails, Run } from '../api-shapes.ts';
import { action } from '../session.ts';
import { duration, facts, indent, moment, table } from '../text.ts';

export const beadShow = (): Command =>
  new Command('show')
    .description('show a bead, its runs and where it runs')
    .argument('<bead>')
    .option('--diff', 'print what it changed on the branch, and nothing else')
    .action(
      action<{ readonly diff?: boolean }, [string]>(async ({ api, show, print }, { diff }, id) => {
        const path = `/beads/${encodeURIComponent(id)}`;
        if (diff === true) return print((await api.text(`${path}/diff`)).trimEnd());
        const bead = await api.get<BeadDetails>(path);
        show(bead, () =>
          [
            beadFacts(bead),
            ...(bead.description === '' ? [] : ['', indent(bead.description)]),
            ...(bead.runs.length === 0 ? [] : ['', runTable(bead.runs)]),
            '',
            `Temporal  ${bead.workflow.url}`,
          ].join('\n'),
        );
      }),
    );

export const beadFacts = (bead: Bead): string =>
  facts([
    ['bead', bead.id],
    ['title', bead.title],
    ['status', bead.status],
    ['reason', bead.reason],
    ['project', bead.projectName],
    ['type', `${bead.type}, P${bead.priority}`],
    ['worker', `${bead.provider} on fleet ${bead.fleet}, ${bead.maxAttempts} attempts at most`],
    ['red tests', bead.failingTests.map(({ file, name }) => `${file}: ${name}`).join('; ')],
    ['landed', bead.landedCommit],
    ['filed', moment(bead.createdAt)],
    ['changed', moment(bead.updatedAt)],
  ]);

const runTable = (runs: readonly Run[]): string =>
  table(
    ['RUN', 'STATUS', 'TURNS', 'STEPS', 'HOST', 'TOOK'],
    runs.map((run) => [
      run.id,
      run.exit ?? run.status,
      String(run.turns),
      String(run.lastStep),
      run.hostId ?? '',
      duration(Date.parse(run.endedAt ?? new Date().toISOString()) - Date.parse(run.startedAt)),
    ]),
  );
