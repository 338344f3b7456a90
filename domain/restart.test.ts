import { describe, expect, test } from '@jest/globals';
import { type RecordedRun, planRestart, restartRefusal } from './restart.ts';
import type { RunExit } from './run.ts';

const run = (number: number, exit: RunExit | null): RecordedRun => ({
  id: `run-bd-1-${number}`,
  number,
  status: exit === null ? 'running' : 'ended',
  exit,
  provider: 'repairer',
  baseCommit: 'base',
  checkpoint: null,
});

describe('planRestart', () => {
  test('begins with the first attempt where nothing has run', () => {
    expect(planRestart('queued', 0, [])).toEqual({
      kind: 'attempt',
      number: 1,
      run: null,
      failures: 0,
      platformFailures: 0,
    });
  });

  test('goes on with a run that has not ended, whatever the bead says of itself', () => {
    for (const status of ['open', 'queued', 'running', 'waiting', 'escalated'] as const) {
      const plan = planRestart(status, 0, [run(1, 'no_progress'), run(2, null)]);
      expect(plan).toMatchObject({ kind: 'run', number: 2, run: { id: 'run-bd-1-2' }, failures: 1 });
    }
  });

  test('goes on with a change that was being verified or landed', () => {
    for (const status of ['verifying', 'landing'] as const) {
      expect(planRestart(status, 0, [run(1, 'done')])).toMatchObject({ kind: 'land', number: 1, failures: 0 });
    }
  });

  test('begins the next attempt after one that was refused, and counts those that failed', () => {
    const runs = [run(1, 'done'), run(2, 'host_trouble'), run(3, 'turn_limit')];
    expect(planRestart('queued', 0, runs)).toMatchObject({
      kind: 'attempt',
      number: 4,
      failures: 2,
      platformFailures: 1,
    });
  });

  test('counts anew from where a person has restarted an escalated bead', () => {
    expect(planRestart('escalated', 2, [run(1, 'done'), run(2, 'done')])).toMatchObject({ number: 3, failures: 0 });
    expect(planRestart('queued', 2, [run(1, 'done'), run(2, 'done'), run(3, 'done')])).toMatchObject({ failures: 1 });
  });

  test('leaves an ended bead alone', () => {
    expect(planRestart('closed', 0, [run(1, 'done')]).kind).toBe('over');
    expect(planRestart('cancelled', 0, [run(1, null)]).kind).toBe('over');
  });
});

test('only closed and cancelled beads are not restarted, and the refusal says which', () => {
  expect(restartRefusal('closed')).toBe('the bead is closed');
  expect(restartRefusal('cancelled')).toBe('the bead is cancelled');
  expect(restartRefusal('escalated')).toBeUndefined();
});
