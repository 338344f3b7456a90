// Entry of the thread that keeps a host's leases alive. It shares nothing with the thread that works, so a host that is busy is
// not taken for dead; and when the whole process was frozen, the first thing this does is to find its leases too old.
import { parentPort, workerData } from 'node:worker_threads';
import { ActivityCancelledError, ActivityNotFoundError, Client, Connection } from '@temporalio/client';
import type { HeartbeatOrder, HeartbeatReport } from './heartbeats.ts';

const { address, namespace } = workerData as { readonly address: string; readonly namespace: string };
const port = parentPort;
if (port === null) throw new Error('This is the entry of a thread.');
const connection = Connection.lazy({ address });
const client = new Client({ connection, namespace });
const held = new Map<number, NodeJS.Timeout>();

port.on('message', (order: HeartbeatOrder) => {
  if (order.kind === 'release') {
    clearTimeout(held.get(order.id));
    held.delete(order.id);
    return;
  }
  beat(order, Date.now());
});

type Hold = Extract<HeartbeatOrder, { kind: 'hold' }>;

/** Beats after the interval, and so on until the lease is released or lost. */
function beat(order: Hold, acknowledgedAt: number): void {
  held.set(
    order.id,
    setTimeout(() => void beatOnce(order, acknowledgedAt), order.intervalMs),
  );
}

async function beatOnce(order: Hold, acknowledgedAt: number): Promise<void> {
  const { id, taskToken, intervalMs, fenceAfterMs } = order;
  const now = Date.now();
  if (now - acknowledgedAt > fenceAfterMs) return lose(id, 'unreachable');
  let acknowledged = acknowledgedAt;
  try {
    await connection.withDeadline(now + intervalMs * 2, () => client.activity.heartbeat(taskToken));
    acknowledged = now;
  } catch (error) {
    if (error instanceof ActivityNotFoundError || error instanceof ActivityCancelledError) return lose(id, 'ended');
    // Nobody answered. That says nothing about the lease until it has gone on for too long.
  }
  if (held.has(id)) beat(order, acknowledged);
}

function lose(id: number, why: HeartbeatReport['why']): void {
  if (held.delete(id)) port?.postMessage({ id, why } satisfies HeartbeatReport);
}
