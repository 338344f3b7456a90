import { describe, expect, test } from '@jest/globals';
import type { Json, ResultStep, StepContent } from '../domain/step.ts';
import type { TurnRequest } from './provider.ts';
import { createRepairer } from './repairer.ts';

const failingTests = [{ file: 'test/a.test.js', name: 'adds' }];

const result = (action: string, data: Json, over: Partial<ResultStep> = {}): ResultStep => ({
  kind: 'result',
  callId: '1',
  action,
  status: 'ok',
  text: `${action} said so`,
  data,
  durationMs: 1,
  ...over,
});

async function answer(transcript: readonly StepContent[], over: Partial<TurnRequest> = {}) {
  const signal = new AbortController().signal;
  const turn = await createRepairer().nextTurn({
    runId: 'run-bd-1-1',
    refusedBefore: false,
    transcript,
    failingTests,
    signal,
    ...over,
  });
  return turn.calls[0];
}

describe('the repairer', () => {
  test('reproduces the failure first', async () => {
    expect(await answer([])).toEqual({ action: 'run_tests', arguments: {} });
  });

  test('searches for a repair of the tests that the bug names once they are red', async () => {
    expect(await answer([result('run_tests', { exitCode: 1 })])).toEqual({
      action: 'repair_search',
      arguments: { failing_tests: failingTests },
    });
  });

  test('asks a person when nothing is red', async () => {
    expect(await answer([result('run_tests', { exitCode: 0 })])).toMatchObject({
      action: 'escalate',
      arguments: { reason: expect.stringContaining('pass already') },
    });
  });

  test('takes a killed test run for red, not for green', async () => {
    expect(await answer([result('run_tests', { exitCode: null, timedOut: true })])).toMatchObject({
      action: 'repair_search',
    });
  });

  const red = result('run_tests', { exitCode: 1 });

  test('is done when the search is sure of its repair', async () => {
    const found = result('repair_search', { outcome: 'repaired', confidence: 0.9 });
    expect(await answer([red, found])).toMatchObject({ action: 'done' });
  });

  test('leaves a repair with thin evidence to a person', async () => {
    const found = result('repair_search', { outcome: 'repaired', confidence: 0.2 });
    expect(await answer([red, found])).toMatchObject({
      action: 'escalate',
      arguments: { reason: expect.stringContaining('0.2') },
    });
  });

  test('says why it found nothing', async () => {
    const nothing = result('repair_search', { outcome: 'not_found' }, { text: '800 candidates, none green' });
    expect(await answer([red, nothing])).toEqual({
      action: 'escalate',
      arguments: { reason: '800 candidates, none green' },
    });
  });

  test('does not propose again what the gate has refused', async () => {
    expect(await answer([], { refusedBefore: true })).toMatchObject({ action: 'escalate' });
  });
});
