// What lies further back than memory reaches, read once for all who are at the same place: after an interruption that is everybody.
import { type CloudEvent, type OutgoingEvent, outgoing } from './cloud-event.ts';

/** Events of a page; pages begin at multiples of it. */
export const PAGE = 500;
const MAX_PAGES = 8;

/** Number of the last event of the page in which the event after `seq` lies. */
export const pageEnd = (seq: number): number => (Math.floor(seq / PAGE) + 1) * PAGE;

export interface SharedPages {
  /** The events after `seq` up to the end of its page. Only for pages of which Postgres has all. @throws as `read` does */
  after(seq: number): Promise<readonly OutgoingEvent[]>;
}

export function sharedPages(read: (seq: number, limit: number) => Promise<readonly CloudEvent[]>): SharedPages {
  /** By number; the one that was asked for last stands last. */
  const pages = new Map<number, Promise<readonly OutgoingEvent[]>>();

  const readPage = async (number: number): Promise<readonly OutgoingEvent[]> => {
    const events = await read(number * PAGE, PAGE);
    // Where the beginning of the page has been deleted, some of the next one were read as well.
    return events.filter(({ seq }) => seq <= (number + 1) * PAGE).map(outgoing);
  };

  return {
    async after(seq) {
      const number = Math.floor(seq / PAGE);
      const page = pages.get(number) ?? readPage(number);
      pages.delete(number);
      pages.set(number, page);
      const [oldest] = pages.keys();
      if (pages.size > MAX_PAGES && oldest !== undefined) pages.delete(oldest);
      try {
        return (await page).filter(({ event }) => event.seq > seq);
      } catch (error) {
        if (pages.get(number) === page) pages.delete(number);
        throw error;
      }
    },
  };
}
