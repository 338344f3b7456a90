// The built-in provider: no model, no key. It reproduces the failure, searches for a repair, and says honestly how it went.
import type { Json, ResultStep, StepContent } from '../domain/step.ts';
import { LAND_AT } from '../repair/protocol.ts';
import type { Provider, TurnAnswer, TurnRequest } from './provider.ts';

type Turn = Omit<TurnAnswer, 'model' | 'usage'>;

export function createRepairer(): Provider {
  return {
    name: 'repairer',
    async nextTurn(request) {
      return { ...decide(request), model: 'search-1', usage: { inputTokens: 0, outputTokens: 0 } };
    },
  };
}

function decide({ transcript, failingTests, refusedBefore }: TurnRequest): Turn {
  if (refusedBefore)
    return escalate('The search is deterministic: trying again would bring the change that was refused before.');
  const tests = resultOf(transcript, 'run_tests');
  if (tests === undefined) return { text: 'Reproducing the failure.', calls: [{ action: 'run_tests', arguments: {} }] };
  if (tests.status === 'error') return escalate(`The tests could not be run: ${tests.text}`);
  if (field(tests.data, 'exitCode') === 0) return escalate('The tests pass already: there is no failure to repair.');

  const search = resultOf(transcript, 'repair_search');
  if (search === undefined) {
    return {
      text: 'The failure is reproduced. Searching for a repair.',
      calls: [
        {
          action: 'repair_search',
          arguments: { failing_tests: failingTests.map(({ file, name }) => ({ file, name })) },
        },
      ],
    };
  }
  const confidence = field(search.data, 'confidence');
  if (search.status === 'ok' && field(search.data, 'outcome') === 'repaired') {
    if (typeof confidence === 'number' && confidence >= LAND_AT) {
      return {
        text: 'A repair makes the tests pass.',
        calls: [{ action: 'done', arguments: { summary: search.text } }],
      };
    }
    return escalate(
      `A change makes the tests pass, but the evidence for it is thin (confidence ${JSON.stringify(confidence ?? null)}):\n${search.text}`,
    );
  }
  return escalate(search.text);
}

const escalate = (reason: string): Turn => ({
  text: 'This needs a person.',
  calls: [{ action: 'escalate', arguments: { reason } }],
});

const resultOf = (transcript: readonly StepContent[], action: string): ResultStep | undefined =>
  transcript.findLast((step): step is ResultStep => step.kind === 'result' && step.action === action);

function field(data: Json | undefined, name: string): Json | undefined {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as { readonly [key: string]: Json })[name]
    : undefined;
}
