// Follows a bead to its end, one line for each thing that happened.
import { isTerminal } from '../domain/bead.ts';
import type { Bead, BeadEvent } from './api-shapes.ts';
import { followEvents } from './follow-events.ts';
import { EXIT, type Session } from './session.ts';
import { cut, duration, harmless, shortCommit } from './text.ts';

/** Prints until the bead ends; its status decides the exit status. */
export async function watchBead({ api, json, print, note }: Session, beadId: string): Promise<number> {
  for await (const event of followEvents(api, beadId, (why) => note(`interrupted (${why}); trying again`))) {
    print(json ? JSON.stringify(event) : `${new Date(event.time).toLocaleTimeString('sv-SE')}  ${eventLine(event)}`);
  }
  const bead = await api.get<Bead>(`/beads/${encodeURIComponent(beadId)}`);
  if (!json) print(`\n${conclusion(bead)}`);
  return bead.status === 'closed' ? EXIT.done : EXIT.refused;
}

/** One event as a line; the parts that are not there are left out. */
export function eventLine({ type, data }: BeadEvent): string {
  const [entity, what = ''] = type.split('.', 2);
  return entity === 'run' ? stepLine(what, data) : statusLine(what, data);
}

function statusLine(status: string, data: BeadEvent['data']): string {
  const parts = [
    said('on', data['host']),
    said('as', data['run'], status === 'running'),
    said('commit', data['commit'], true, shortCommit),
    checksText(data['checks']),
    said('because', data['branchMovedTo'], true, (commit) => `the branch moved to ${shortCommit(commit)}`),
    ...(typeof data['reason'] === 'string' ? [data['reason']] : []),
    ...(status === 'created' && typeof data['title'] === 'string' ? [data['title']] : []),
  ].filter((part) => part !== '');
  return line(status === 'created' ? 'filed' : status, parts.join(', '));
}

function stepLine(kind: string, data: BeadEvent['data']): string {
  const text = typeof data['text'] === 'string' ? data['text'] : '';
  switch (kind) {
    case 'assistant': {
      const actions = Array.isArray(data['actions']) ? data['actions'].join(', ') : '';
      return line('  turn', [actions, text].filter((part) => part !== '').join(': '));
    }
    case 'result': {
      const took = typeof data['durationMs'] === 'number' ? ` (${duration(data['durationMs'])})` : '';
      return line(data['status'] === 'ok' ? '    done' : '    failed', `${String(data['action'])}${took} ${text}`);
    }
    default:
      return line('  message', text);
  }
}

function checksText(checks: unknown): string {
  if (!Array.isArray(checks)) return '';
  return (checks as { readonly name: string; readonly ok: boolean; readonly durationMs: number }[])
    .map(({ name, ok, durationMs }) => `${name}: ${ok ? 'yes' : 'no'} (${duration(durationMs)})`)
    .join(', ');
}

const said = (word: string, value: unknown, when = true, shown = (text: string): string => text): string =>
  when && typeof value === 'string' ? `${word} ${shown(value)}` : '';

const line = (what: string, rest: string): string =>
  `${what.padEnd(12)}${cut(harmless(rest).replaceAll('\n', ' '), 160)}`.trimEnd();

function conclusion(bead: Bead): string {
  switch (bead.status) {
    case 'closed': {
      const commit = bead.landedCommit === null ? '' : ` with commit ${shortCommit(bead.landedCommit)}`;
      return `${bead.id} is closed${commit}.\nSee the change: loomctl bead show ${bead.id} --diff`;
    }
    case 'escalated':
    case 'cancelled':
      return `${bead.id} is ${bead.status}: ${harmless(bead.reason ?? 'no reason was given')}\nSee what was tried: loomctl bead show ${bead.id}`;
    default:
      return `${bead.id} is ${bead.status}${isTerminal(bead.status) ? '' : ' and goes on'}.`;
  }
}
