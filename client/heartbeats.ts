// The heartbeats of a host's leases, acknowledged by Temporal and sent from a thread of their own.
import { Worker } from 'node:worker_threads';

/** To the thread. */
export type HeartbeatOrder =
  | {
      readonly kind: 'hold';
      readonly id: number;
      readonly taskToken: Uint8Array;
      readonly intervalMs: number;
      readonly fenceAfterMs: number;
    }
  | { readonly kind: 'release'; readonly id: number };

/** From the thread. */
export interface HeartbeatReport {
  readonly id: number;
  /** `ended`: the lease is cancelled or gone. `unreachable`: unacknowledged for so long that it may have been given to another. */
  readonly why: 'ended' | 'unreachable';
}

export interface Heartbeats {
  /** Beats for the activity until `release`. `lost` resolves when there is nothing left to hold; it never rejects. */
  hold(
    taskToken: Uint8Array,
    pace: { readonly intervalMs: number; readonly fenceAfterMs: number },
  ): { readonly lost: Promise<HeartbeatReport['why']>; release(): void };
  close(): Promise<void>;
}

/** Starts the thread. When it dies, every lease counts as lost: nobody says any more that this host lives. */
export function startHeartbeats(temporal: { readonly address: string; readonly namespace: string }): Heartbeats {
  const { address, namespace } = temporal;
  const thread = new Worker(new URL('./heartbeat-thread.ts', import.meta.url), { workerData: { address, namespace } });
  const waiting = new Map<number, (why: HeartbeatReport['why']) => void>();
  let lastId = 0;
  let dead = false;
  const settle = (id: number, why: HeartbeatReport['why']): void => {
    waiting.get(id)?.(why);
    waiting.delete(id);
  };
  thread.on('message', ({ id, why }: HeartbeatReport) => settle(id, why));
  thread.on('error', () => undefined); // 'exit' follows
  thread.on('exit', () => {
    dead = true;
    for (const id of waiting.keys()) settle(id, 'unreachable');
  });
  const tell = (order: HeartbeatOrder): void => thread.postMessage(order);
  return {
    hold(taskToken, { intervalMs, fenceAfterMs }) {
      const id = ++lastId;
      const lost = new Promise<HeartbeatReport['why']>((resolve) => waiting.set(id, resolve));
      if (dead) settle(id, 'unreachable');
      else tell({ kind: 'hold', id, taskToken, intervalMs, fenceAfterMs });
      return {
        lost,
        release() {
          waiting.delete(id);
          tell({ kind: 'release', id });
        },
      };
    },
    async close() {
      await thread.terminate();
    },
  };
}
