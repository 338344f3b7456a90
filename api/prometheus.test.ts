import { describe, expect, test } from '@jest/globals';
import { prometheusText } from './prometheus.ts';

describe('the text for Prometheus', () => {
  test('has help and type before the samples of a metric, one sample a line', () => {
    const beads = { name: 'loom_beads', help: 'Beads by status.', type: 'gauge' as const };
    const samples = [
      { labels: { status: 'open' }, value: 2 },
      { labels: { status: 'closed', project: 'a' }, value: 0.5 },
    ];
    expect(
      prometheusText([
        { ...beads, samples },
        { ...beads, name: 'loom_leases', samples: [{ value: 3 }] },
      ]),
    ).toBe(
      [
        '# HELP loom_beads Beads by status.',
        '# TYPE loom_beads gauge',
        'loom_beads{status="open"} 2',
        'loom_beads{status="closed",project="a"} 0.5',
        '# HELP loom_leases Beads by status.',
        '# TYPE loom_leases gauge',
        'loom_leases 3',
        '',
      ].join('\n'),
    );
  });

  test('escapes what would break a line or a label', () => {
    const samples = [{ labels: { name: 'a"b\\c\nd' }, value: 1 }];
    expect(prometheusText([{ name: 'loom_x', help: 'two\nlines "quoted"', type: 'gauge', samples }])).toBe(
      '# HELP loom_x two\\nlines "quoted"\n# TYPE loom_x gauge\nloom_x{name="a\\"b\\\\c\\nd"} 1\n',
    );
  });

  test('writes numbers that JavaScript spells otherwise as Prometheus does', () => {
    const samples = [{ value: Infinity }, { value: -Infinity }, { value: NaN }, { value: 1_763_846_400.25 }];
    expect(
      prometheusText([{ name: 'loom_x', help: 'x', type: 'gauge', samples }])
        .split('\n')
        .slice(2, -1),
    ).toEqual(['loom_x +Inf', 'loom_x -Inf', 'loom_x NaN', 'loom_x 1763846400.25']);
  });
});
