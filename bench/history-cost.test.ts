import { describe, expect, test } from '@jest/globals';
import { type TimedEvent, activityCount, costOf, timeOf } from './history-cost.ts';

const at = (eventId: number, ms: number, attributes: Partial<TimedEvent> = {}): TimedEvent => ({
  eventId,
  eventTime: { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1e6 },
  ...attributes,
});
const scheduled = (id: number, ms: number, name: string) =>
  at(id, ms, { activityTaskScheduledEventAttributes: { activityType: { name } } });
const completed = (id: number, ms: number, scheduledEventId: number, startedEventId: number) =>
  at(id, ms, { activityTaskCompletedEventAttributes: { scheduledEventId, startedEventId } });

describe('the cost of a history', () => {
  test('is its span, its events, and by type of activity the waiting and the work', () => {
    const events = [
      at(1, 1_000),
      scheduled(2, 1_010, 'think'),
      at(3, 1_013),
      completed(4, 1_020, 2, 3),
      scheduled(5, 1_030, 'act'),
      at(6, 1_031),
      completed(7, 1_050, 5, 6),
      scheduled(8, 1_060, 'think'),
      at(9, 1_062),
      completed(10, 1_066, 8, 9),
      at(11, 1_100),
    ];
    const cost = costOf(events);
    expect(cost).toEqual({
      events: 11,
      ms: 100,
      activities: {
        think: { count: 2, latencyMs: 5, executionMs: 11 },
        act: { count: 1, latencyMs: 1, executionMs: 19 },
      },
    });
    expect(activityCount(cost)).toBe(3);
  });

  test('leaves out what was never completed', () => {
    expect(costOf([at(1, 0), scheduled(2, 5, 'holdLease'), at(3, 9)]).activities).toEqual({});
  });

  test('of nothing is nothing', () => {
    expect(costOf([])).toEqual({ events: 0, ms: 0, activities: {} });
  });

  test('is read from numbers that come as objects as well', () => {
    const long = (value: number) => ({ toString: () => String(value) });
    expect(timeOf({ eventId: long(1), eventTime: { seconds: long(2), nanos: 500_000 } })).toBe(2_000.5);
  });
});
