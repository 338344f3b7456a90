// Runs and their transcripts, as Postgres has them.
import { z } from 'zod';
import type { Database } from '../../store/database.ts';
import { getRun } from '../../store/runs.ts';
import { listSteps } from '../../store/steps.ts';
import { type Route, route } from '../route.ts';
import { runSchema } from '../schemas/beads.ts';
import { listStepsSchema, stepPageSchema } from '../schemas/steps.ts';
import { idText } from '../schemas/text.ts';

const idParams = z.object({ id: idText });

export const runRoutes = ({ database }: { readonly database: Database }): readonly Route[] => [
  route({
    method: 'get',
    path: '/runs/{id}',
    summary: 'Get a run: one attempt at a bead',
    params: idParams,
    responses: { 200: { description: 'The run.', schema: runSchema } },
    handle: async ({ params: { id } }) => ({ status: 200, body: await getRun(database, id) }),
  }),
  route({
    method: 'get',
    path: '/runs/{id}/steps',
    summary: 'Read the transcript of a run',
    description: 'Messages, answers of the model and results of actions, in order. Grows while the run is running.',
    params: idParams,
    query: listStepsSchema,
    responses: { 200: { description: 'A page of steps.', schema: stepPageSchema } },
    async handle({ params: { id }, query: { after, limit } }) {
      await getRun(database, id);
      const steps = await listSteps(database, id, after, limit);
      return { status: 200, body: { steps, next: steps.length === limit ? (steps.at(-1)?.step ?? null) : null } };
    },
  }),
];
