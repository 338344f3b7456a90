// The hub's HTTP surface: git, transcripts and briefs for hosts. A host key reads; a lease's token writes, for its own run
// only and for as long as its fence is the newest.
import { createHash, timingSafeEqual } from 'node:crypto';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { LoomError, errorCode, messageOf } from '../domain/errors.ts';
import { getBead } from '../store/beads.ts';
import type { Database, Queryable } from '../store/database.ts';
import { type Lease, findLease, leaseIsForAnother, lockLease } from '../store/leases.ts';
import { getProject } from '../store/projects.ts';
import { listRuns } from '../store/runs.ts';
import { appendStepUnderLease, listSteps } from '../store/steps.ts';
import type { Brief } from './brief.ts';
import { serveGit, spool } from './git-backend.ts';
import { hostRoutes } from './host-routes.ts';
import type { Repositories } from './repositories.ts';
import { stepBodySchema } from './step-body.ts';

export interface HubDependencies {
  readonly database: Database;
  readonly repositories: Repositories;
  /** Folder that holds the bare repositories. */
  readonly root: string;
  readonly hostKey: string;
  /** Providers whose answers a host may append: those that hosts serve themselves. */
  readonly hostProviders: readonly string[];
  log(message: string): void;
}

const STATUS: Partial<Record<string, number>> = {
  UNAUTHORIZED: 401,
  LEASE_LOST: 409,
  NOT_FOUND: 404,
  BAD_INPUT: 400,
  TOO_LARGE: 413,
  UNAVAILABLE: 503,
};

const GIT_PATH = /^\/git\/(pj-[0-9a-z]+)\.git(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/;
const stepsQuery = z.object({
  after: z.coerce.number().int().min(0),
  limit: z.coerce.number().int().min(1).max(200),
});

const commitId = z.string().regex(/^[0-9a-f]{40,64}$/);

export function createHubApp({ database, repositories, root, hostKey, hostProviders, log }: HubDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.get('/health', (_request, response) => void response.json({ ok: true }));

  app.use(async (request, response, next) => {
    const match = GIT_PATH.exec(request.path);
    if (match === null) return next();
    const [, projectId = '', rest = ''] = match;
    const path = `/${projectId}.git${rest}`;
    const service = rest === '/info/refs' ? request.query['service'] : rest.slice(1);
    if (service !== 'git-receive-pack') {
      if (!isHostKey(request)) await holder(database, request);
      return serveGit({ root, path, writable: null }, request, response, null);
    }
    const refsOf = (lease: Lease) => {
      if (lease.projectId !== projectId) throw leaseIsForAnother(lease.projectId);
      return `refs/loom/runs/${lease.runId}/`;
    };
    if (rest === '/info/refs') {
      const writable = refsOf(await holder(database, request));
      return serveGit({ root, path, writable }, request, response, null);
    }
    const body = await spool(request);
    try {
      await database.transaction(async (tx) => {
        const writable = refsOf(await lockedHolder(tx, request));
        await serveGit({ root, path, writable }, request, response, body);
      });
    } finally {
      await body.discard();
    }
  });

  app.get('/beads/:beadId/brief', async (request, response) => {
    if (!isHostKey(request)) await holder(database, request);
    const bead = await getBead(database, request.params.beadId);
    const [project, runs] = await Promise.all([getProject(database, bead.projectId), listRuns(database, bead.id)]);
    const brief: Brief = {
      project: {
        id: project.id,
        name: project.name,
        branch: project.branch,
        testCommand: project.checks?.test ?? null,
        testTimeoutMs: project.checks?.timeoutMs ?? 120_000,
        setupCommand: project.setupCommand,
        protectedPaths: project.protectedPaths,
      },
      bead: {
        id: bead.id,
        type: bead.type,
        title: bead.title,
        failingTests: bead.failingTests,
        refusedBefore: runs.some(({ exit }) => exit === 'done'),
      },
    };
    response.json(brief);
  });

  app.use('/hosts', (request, _response, next) => {
    if (!isHostKey(request)) throw unauthorized();
    next();
  });
  app.use('/hosts', hostRoutes(database));

  app.get('/lease', async (request, response) => {
    const lease = await holder(database, request);
    response.json({ runId: lease.runId, fence: lease.fence });
  });

  app.get('/runs/:runId/steps', async (request, response) => {
    const { runId } = request.params;
    const lease = await holder(database, request);
    if (lease.runId !== runId) throw leaseIsForAnother(lease.runId);
    const { after, limit } = stepsQuery.parse(request.query);
    response.json(await listSteps(database, runId, after, limit));
  });

  app.put('/runs/:runId/steps/:step', express.json({ limit: '2mb' }), async (request, response) => {
    const { runId, step } = request.params;
    const body = stepBodySchema.parse(request.body);
    const { content } = body;
    if (content.kind === 'assistant' && !hostProviders.includes(content.provider)) throw notServed(content.provider);
    const recorded = await appendStepUnderLease(database, tokenHash(request), {
      runId,
      step: z.coerce.number().int().min(1).parse(step),
      content,
      checkpoint: body.checkpoint,
    });
    response.json(recorded);
  });

  app.get('/projects/:projectId/diff', async (request, response) => {
    if (!isHostKey(request)) throw unauthorized();
    const to = commitId.parse(request.query['to']);
    const from = request.query['from'] === undefined ? `${to}^1` : commitId.parse(request.query['from']);
    response.type('text/x-diff').send(await repositories.diff(request.params.projectId, from, to));
  });

  app.use((_request, _response, next) =>
    next(
      new LoomError(
        'NOT_FOUND',
        'The hub has no such resource',
        'This is the hub, for hosts; people and programs use the API.',
      ),
    ),
  );

  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const known =
      error instanceof z.ZodError ? new LoomError('BAD_INPUT', z.prettifyError(error), 'Correct the request.') : error;
    const code = errorCode(known) ?? (isTooLarge(known) ? 'TOO_LARGE' : undefined);
    if (code === undefined)
      log(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : String(error)}`);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status((code && STATUS[code]) ?? 500).json({
      code: code ?? 'INTERNAL',
      detail: code === undefined ? 'The hub failed' : messageOf(known),
      next: known instanceof LoomError ? known.next : 'Look at the hub log.',
    });
  });
  return app;

  function isHostKey(request: Request): boolean {
    const given = createHash('sha256').update(bearer(request)).digest();
    return timingSafeEqual(given, createHash('sha256').update(hostKey).digest());
  }
}

function bearer(request: Request): string {
  const [scheme, token] = (request.get('authorization') ?? '').split(' ', 2);
  if (scheme !== 'Bearer' || token === undefined || token === '') throw unauthorized();
  return token;
}

/** The lease of the caller's token, for what reads. */
const holder = (db: Queryable, request: Request): Promise<Lease> => findLease(db, tokenHash(request));

/** The same, and no newer one is granted before the transaction ends: for what writes. */
const lockedHolder = (tx: Queryable, request: Request): Promise<Lease> => lockLease(tx, tokenHash(request));

const tokenHash = (request: Request): string => createHash('sha256').update(bearer(request)).digest('hex');

const unauthorized = () =>
  new LoomError(
    'UNAUTHORIZED',
    'The hub needs a host key or a lease token',
    'Start the host with "loomctl worker host", which fetches the key.',
  );

const notServed = (provider: string) =>
  new LoomError(
    'UNAUTHORIZED',
    `A host may not answer for provider ${provider}`,
    'Name the provider in LOOM_HOST_PROVIDERS of the hub and of the host, or let an llm worker serve it.',
  );

const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'type' in error && error.type === 'entity.too.large';
