// What an execution cost, read from its own history: the server's clock, the same for Loom and for what Loom is compared with.

/** The part of Temporal's history events that costs are read from. */
export interface TimedEvent {
  readonly eventId?: Numeric | null;
  readonly eventTime?: { readonly seconds?: Numeric | null; readonly nanos?: number | null } | null;
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityType?: { readonly name?: string | null } | null;
  } | null;
  readonly activityTaskStartedEventAttributes?: { readonly scheduledEventId?: Numeric | null } | null;
  readonly activityTaskCompletedEventAttributes?: {
    readonly scheduledEventId?: Numeric | null;
    readonly startedEventId?: Numeric | null;
  } | null;
}

/** A number, or the `Long` that stands for one. */
type Numeric = number | { toString(): string };

export interface ActivityCost {
  readonly count: number;
  /** From scheduled to started, summed. */
  readonly latencyMs: number;
  /** From started to completed, summed. */
  readonly executionMs: number;
}

export interface HistoryCost {
  readonly events: number;
  /** From the first event to the last. */
  readonly ms: number;
  /** By activity type. Completed ones only: a lease that is cancelled at the end has lasted as long as what it was held for. */
  readonly activities: Readonly<Record<string, ActivityCost>>;
}

export function costOf(events: readonly TimedEvent[]): HistoryCost {
  const at = new Map(events.map((event) => [Number(event.eventId), timeOf(event)]));
  const types = new Map(
    events.flatMap((event) => {
      const name = event.activityTaskScheduledEventAttributes?.activityType?.name;
      return typeof name === 'string' ? [[Number(event.eventId), name] as const] : [];
    }),
  );
  const activities: Record<string, ActivityCost> = {};
  for (const event of events) {
    const completed = event.activityTaskCompletedEventAttributes;
    if (!completed) continue;
    const scheduledAt = at.get(Number(completed.scheduledEventId)) ?? NaN;
    const startedAt = at.get(Number(completed.startedEventId)) ?? NaN;
    const type = types.get(Number(completed.scheduledEventId)) ?? 'unknown';
    const { count, latencyMs, executionMs } = activities[type] ?? { count: 0, latencyMs: 0, executionMs: 0 };
    activities[type] = {
      count: count + 1,
      latencyMs: latencyMs + startedAt - scheduledAt,
      executionMs: executionMs + timeOf(event) - startedAt,
    };
  }
  const first = events[0];
  const last = events.at(-1);
  const ms = first === undefined || last === undefined ? 0 : timeOf(last) - timeOf(first);
  return { events: events.length, ms, activities };
}

export const activityCount = ({ activities }: HistoryCost): number =>
  Object.values(activities).reduce((sum, { count }) => sum + count, 0);

/** Milliseconds since the epoch, with fractions. */
export function timeOf({ eventTime }: TimedEvent): number {
  return Number(eventTime?.seconds ?? NaN) * 1_000 + (eventTime?.nanos ?? 0) / 1e6;
}
