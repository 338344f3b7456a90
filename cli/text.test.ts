import { describe, expect, test } from '@jest/globals';
import { stepText } from './transcript.ts';
import { duration, facts, harmless, table } from './text.ts';
import { eventLine } from './watch-bead.ts';

describe('what people read', () => {
  test('columns are as wide as they need and lines as wide as the screen', () => {
    expect(table(['A', 'TITLE'], [['long name', 'a title that goes on']], 20)).toBe(
      'A          TITLE\nlong name  a title …',
    );
    expect(table(['A'], [])).toBe('');
  });

  test('facts without a value are left out', () => {
    expect(
      facts([
        ['a', 1],
        ['empty', ''],
        ['none', null],
        ['bcd', 'x'],
      ]),
    ).toBe('a    1\nbcd  x');
  });

  test('a stranger cannot give orders to the terminal', () => {
    expect(harmless('\u001b]0;owned\u0007 a\u009bb\nc')).toBe('\u{fffd}]0;owned\u{fffd} a\u{fffd}b\nc');
    expect(table(['T'], [['\u001b[2Ja\nb']])).toBe('T\n\u{fffd}[2Ja b');
  });

  test.each([
    [7, '7 ms'],
    [999.7, '1.0 s'],
    [1_234, '1.2 s'],
    [59_970, '1 min 0 s'],
    [61_000, '1 min 1 s'],
    [119_900, '2 min 0 s'],
  ])('%d ms is written %s', (milliseconds, text) => {
    expect(duration(milliseconds)).toBe(text);
  });

  test('events are told by what happened', () => {
    const line = (type: string, data: Record<string, unknown>): string => eventLine({ type, time: '', seq: 1, data });
    expect(line('bead.created', { title: 'Total is off' })).toBe('filed       Total is off');
    expect(line('bead.running', { host: 'a', run: 'run-1' })).toBe('running     on a, as run-1');
    expect(line('bead.queued', { run: 'run-1', reason: 'no host' })).toBe('queued      no host');
    expect(
      line('bead.landing', {
        commit: '0123456789abcdef',
        checks: [{ name: 'green after', ok: true, durationMs: 1_500 }],
      }),
    ).toBe('landing     commit 0123456789, green after: yes (1.5 s)');
    expect(line('run.assistant', { actions: ['read_file', 'run_tests'], text: 'Looking.' })).toBe(
      '  turn      read_file, run_tests: Looking.',
    );
    expect(line('run.result', { action: 'run_tests', status: 'error', durationMs: 20, text: 'none' })).toBe(
      '    failed  run_tests (20 ms) none',
    );
  });

  test('a transcript shows who spoke, what was asked and what came of it', () => {
    const at = { runId: 'run-1', at: '', checkpoint: null };
    expect(
      stepText({
        ...at,
        step: 2,
        content: {
          kind: 'assistant',
          text: 'I look.',
          calls: [{ id: 'c', action: 'edit_file', arguments: { path: 'a.js', lines: [1], text: 'x\ny' } }],
          provider: 'p',
          model: 'm',
          usage: { inputTokens: 10, outputTokens: 2 },
        },
      }),
    ).toBe(
      '\n2  p (m, 10 tokens in, 2 out)\n   I look.\n   > edit_file\n     path: a.js\n     lines: [1]\n     text:\n       x\n       y',
    );
    expect(
      stepText({
        ...at,
        step: 3,
        checkpoint: 'abcdef0123456789',
        content: {
          kind: 'result',
          callId: 'c',
          action: 'edit_file',
          status: 'error',
          code: 'NOT_FOUND',
          text: 'no',
          durationMs: 5,
        },
      }),
    ).toBe('\n3  edit_file: failed (NOT_FOUND), 5 ms, workspace abcdef0123\n   no');
  });
});
