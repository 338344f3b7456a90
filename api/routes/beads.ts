// Beads. Filing one is a transaction first and a workflow second: what was answered with 2xx is never lost, and never twice.
import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { type BeadSettings, cancelBead, restartBead, startBead } from '../../client/beads.ts';
import type { TemporalClient } from '../../client/temporal.ts';
import { cancelRefusal } from '../../domain/bead.ts';
import { LoomError, errorCode } from '../../domain/errors.ts';
import { beadWorkflowId, entityId } from '../../domain/ids.ts';
import { restartRefusal } from '../../domain/restart.ts';
import { type Bead, getBead, insertBead, listBeads } from '../../store/beads.ts';
import type { Database } from '../../store/database.ts';
import { getProject } from '../../store/projects.ts';
import { listRuns } from '../../store/runs.ts';
import type { HubReader } from '../hub-reader.ts';
import { InvalidRequest, type Route, route } from '../route.ts';
import {
  acceptedBeadSchema,
  beadDetailsSchema,
  beadPageSchema,
  cancelBeadSchema,
  cancelledBeadSchema,
  listBeadsSchema,
  newBeadSchema,
  restartedBeadSchema,
} from '../schemas/beads.ts';
import { idText, line } from '../schemas/text.ts';

export interface BeadDependencies {
  readonly database: Database;
  readonly temporal: TemporalClient;
  readonly hub: HubReader;
  readonly beadSettings: BeadSettings;
  /** Address of a workflow in the Temporal Web UI. */
  readonly workflowUrl: (workflowId: string) => string;
  readonly log: (line: string) => void;
}

const IDEMPOTENCY_KEY = 'Idempotency-Key';
const idParams = z.object({ id: idText });

export function beadRoutes(dependencies: BeadDependencies): readonly Route[] {
  const { database, temporal, hub, beadSettings, workflowUrl, log } = dependencies;

  /** The note for a bead that could not be started at once; null when its workflow runs. */
  const start = async (bead: Bead): Promise<string | null> => {
    try {
      await startBead(temporal, bead, beadSettings);
      return null;
    } catch (error) {
      if (errorCode(error) !== 'UNAVAILABLE') throw error;
      log(`bead ${bead.id} waits for Temporal: ${(error as LoomError).message}`);
      return 'The bead is kept. Temporal cannot be reached at the moment; the bead starts by itself within a minute after Temporal answers again.';
    }
  };

  return [
    route({
      method: 'post',
      path: '/beads',
      summary: 'File a bead',
      description: `With the header ${IDEMPOTENCY_KEY} a repeat of the same request gets the same bead, and another request under the same key gets 409.`,
      headers: { [IDEMPOTENCY_KEY]: 'Any text of 1 to 200 printable characters, made by the caller, one per bead.' },
      body: newBeadSchema,
      responses: {
        201: { description: 'Filed and started.', schema: acceptedBeadSchema },
        200: { description: 'Filed before, under this key.', schema: acceptedBeadSchema },
        202: { description: 'Filed; starts as soon as Temporal answers.', schema: acceptedBeadSchema },
      },
      async handle({ body, header }) {
        const key = idempotencyKey(header(IDEMPOTENCY_KEY));
        const { project: idOrName, ...wanted } = body;
        const project = await getProject(database, idOrName);
        const fresh = { ...wanted, id: entityId('bd', randomBytes(10)), projectId: project.id };
        // Of what was understood, not of the bytes: another spacing, or the id instead of the name, is the same request.
        const bodyHash = createHash('sha256')
          .update(JSON.stringify({ ...wanted, projectId: project.id }))
          .digest('hex');
        const { bead, created } = await insertBead(database, fresh, key === undefined ? null : { key, bodyHash });
        // From version 1 on its workflow has written, so it runs or has run.
        const note = bead.version === 0 ? await start(bead) : null;
        const status = note !== null ? 202 : created ? 201 : 200;
        return { status, headers: { Location: `/api/v1/beads/${bead.id}` }, body: { ...bead, note } };
      },
    }),
    route({
      method: 'get',
      path: '/beads',
      summary: 'List beads, newest first',
      query: listBeadsSchema,
      responses: { 200: { description: 'A page of beads.', schema: beadPageSchema } },
      async handle({ query: { project, status, limit, after } }) {
        const projectId = project === undefined ? undefined : (await getProject(database, project)).id;
        if (after !== undefined) await getBead(database, after);
        const beads = await listBeads(database, {
          limit,
          ...(projectId === undefined ? {} : { projectId }),
          ...(status === undefined ? {} : { status }),
          ...(after === undefined ? {} : { after }),
        });
        return { status: 200, body: { beads, next: beads.length === limit ? (beads.at(-1)?.id ?? null) : null } };
      },
    }),
    route({
      method: 'get',
      path: '/beads/{id}',
      summary: 'Get a bead with its runs and where it runs',
      params: idParams,
      responses: { 200: { description: 'The bead.', schema: beadDetailsSchema } },
      async handle({ params: { id } }) {
        const [bead, runs] = await Promise.all([getBead(database, id), listRuns(database, id)]);
        const current = runs.findLast((run) => run.status === 'running');
        const workflowId = beadWorkflowId(id);
        return {
          status: 200,
          body: {
            ...bead,
            runs,
            where: current === undefined ? null : { runId: current.id, hostId: current.hostId },
            workflow: { id: workflowId, url: workflowUrl(workflowId) },
          },
        };
      },
    }),
    route({
      method: 'get',
      path: '/beads/{id}/diff',
      summary: 'What a bead changed on the branch',
      params: idParams,
      responses: { 200: { description: 'The landed commit as a unified diff.', mediaType: 'text/x-diff' } },
      async handle({ params: { id } }) {
        const bead = await getBead(database, id);
        if (bead.landedCommit === null) {
          throw new LoomError(
            'CONFLICT',
            `Bead ${id} is ${bead.status} and has landed nothing`,
            'There is a diff once the bead is closed; until then look at its runs.',
          );
        }
        return { status: 200, body: await hub.diff(bead.projectId, bead.landedCommit) };
      },
    }),
    route({
      method: 'post',
      path: '/beads/{id}/cancel',
      summary: 'Cancel a bead',
      description: 'Answers when its run has been stopped. 409 where the bead can no longer be cancelled.',
      params: idParams,
      body: cancelBeadSchema,
      responses: { 200: { description: 'The bead as it stands then.', schema: cancelledBeadSchema } },
      async handle({ params: { id }, body: { reason } }) {
        const bead = await getBead(database, id);
        const refusal = cancelRefusal(bead.status);
        if (refusal !== undefined) {
          throw new LoomError(
            'CONFLICT',
            `Bead ${id} was not cancelled: ${refusal}`,
            'Look at it with `loomctl bead show`.',
          );
        }
        // One that still waits for Temporal has no workflow to be told.
        if (bead.version === 0) await startBead(temporal, bead, beadSettings);
        const { beadId, ...state } = await cancelBead(temporal, { beadId: id, reason });
        return {
          status: 200,
          body: { id: beadId, status: state.status, reason: state.reason, version: state.version },
        };
      },
    }),
    route({
      method: 'post',
      path: '/beads/{id}/restart',
      summary: 'Restart a bead from what is recorded',
      description:
        'Ends what runs for it and goes on from its rows, its transcript and its checkpoints: with the run that had not ended, with the change that was on its way to the branch, or with the next attempt. The attempts of an escalated bead count anew. May be repeated. 409 where the bead is closed or cancelled.',
      params: idParams,
      responses: { 202: { description: 'A new execution goes on with it.', schema: restartedBeadSchema } },
      async handle({ params: { id } }) {
        const bead = await getBead(database, id);
        const refusal = restartRefusal(bead.status);
        if (refusal !== undefined) {
          throw new LoomError(
            'CONFLICT',
            `Bead ${id} was not restarted: ${refusal}`,
            'File a new bead for what is left to do.',
          );
        }
        await restartBead(temporal, bead, beadSettings);
        return {
          status: 202,
          body: { id, from: { status: bead.status, attempt: bead.attempt, version: bead.version } },
        };
      },
    }),
  ];
}

function idempotencyKey(given: string | undefined): string | undefined {
  if (given === undefined) return undefined;
  const result = line(200).safeParse(given);
  if (result.success) return result.data;
  throw new InvalidRequest(result.error.issues.map(({ message }) => ({ path: `headers.${IDEMPOTENCY_KEY}`, message })));
}
