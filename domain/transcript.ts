// Reading a transcript on. It only grows, so what was read once stays true.
import type { Step } from './step.ts';

/** The steps after a number. @param page gives them in order, `perPage` at a time while there are so many. */
export async function readOn(
  after: number,
  perPage: number,
  page: (after: number) => Promise<readonly Step[]>,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (;;) {
    const next = await page(steps.at(-1)?.step ?? after);
    for (const step of next) steps.push(step);
    if (next.length < perPage) return steps;
  }
}
