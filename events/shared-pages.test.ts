import { expect, test } from '@jest/globals';
import type { CloudEvent } from './cloud-event.ts';
import { PAGE, type SharedPages, sharedPages } from './shared-pages.ts';

const eventOf = (seq: number): CloudEvent => ({
  specversion: '1.0',
  id: `event-${seq}`,
  source: '/loom/test',
  type: 'run.result',
  subject: 'bd-1',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: {},
  seq,
  projectId: 'pj-1',
  beadId: 'bd-1',
});
const LAST = 100 * PAGE;
let oldest = 1;

const counted = (): { pages: SharedPages; reads: number[] } => {
  const reads: number[] = [];
  const pages = sharedPages((seq, limit) => {
    reads.push(seq);
    const from = Math.max(seq + 1, oldest);
    return Promise.resolve(Array.from({ length: Math.min(limit, LAST - from + 1) }, (_, n) => eventOf(from + n)));
  });
  return { pages, reads };
};
const seqs = async (pages: SharedPages, after: number) => (await pages.after(after)).map(({ event }) => event.seq);

test('each asker gets what comes after its own place, and one reading serves them all', async () => {
  const { pages, reads } = counted();
  const [first, second] = await Promise.all([seqs(pages, PAGE), seqs(pages, 2 * PAGE - 2)]);
  expect(first).toEqual(Array.from({ length: PAGE }, (_, n) => PAGE + 1 + n));
  expect(second).toEqual([2 * PAGE - 1, 2 * PAGE]);
  expect(reads).toEqual([PAGE]);
});

test('a page that has been asked for lately is kept, one that has not is read again', async () => {
  const { pages, reads } = counted();
  for (let page = 0; page <= 8; page++) {
    await pages.after(page * PAGE);
    await pages.after(0);
  }
  expect(reads.filter((seq) => seq === 0)).toHaveLength(1);
  await pages.after(PAGE);
  expect(reads.filter((seq) => seq === PAGE)).toHaveLength(2);
});

test('a page whose beginning has been deleted holds the rest of it and nothing of the next', async () => {
  oldest = 11;
  expect(await seqs(counted().pages, 0)).toEqual(Array.from({ length: PAGE - 10 }, (_, n) => 11 + n));
  oldest = 1;
});

test('a reading that failed is not kept', async () => {
  let broken = true;
  const pages = sharedPages((seq) =>
    broken ? Promise.reject(new Error('away')) : Promise.resolve([eventOf(seq + 1)]),
  );
  await expect(pages.after(0)).rejects.toThrow('away');
  broken = false;
  expect(await seqs(pages, 0)).toEqual([1]);
});
