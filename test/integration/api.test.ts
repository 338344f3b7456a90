// The REST API over HTTP, on real Postgres and Temporal. No worker runs here: a workflow that was started waits.
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createReconcileActivities } from '../../activities/reconcile.ts';
import { problemSchema } from '../../api/schemas/problem.ts';
import { acceptedBeadSchema, beadDetailsSchema, beadPageSchema } from '../../api/schemas/beads.ts';
import { createdProjectSchema, projectPageSchema } from '../../api/schemas/projects.ts';
import { stepPageSchema } from '../../api/schemas/steps.ts';
import { isBeadRunning } from '../../client/bead-execution.ts';
import { startBead } from '../../client/beads.ts';
import { openTemporal } from '../../client/temporal.ts';
import { beadWorkflowId } from '../../domain/ids.ts';
import { orchestratorQueue } from '../../domain/task-queues.ts';
import { applyBeadChange } from '../../store/beads.ts';
import { appendStep } from '../../store/steps.ts';
import { freePorts } from '../../up/ports.ts';
import { type ApiAnswer, type TestApi, startApi } from '../support/api.ts';
import { type TestInstance, createInstance } from '../support/instance.ts';
import { startProcess } from '../support/loom.ts';
import { makeRepository } from '../support/repository.ts';

const NODE_PROJECT = { 'package.json': JSON.stringify({ scripts: { test: 'node --test' } }) };

let instance: TestInstance;
let api: TestApi;
let repository: string;
let projectId: string;

beforeAll(async () => {
  instance = await createInstance();
  api = await startApi(instance.config);
  repository = await makeRepository(NODE_PROJECT);
  const added = await api.request('POST', '/projects', { name: 'shop', repository });
  projectId = String(added.body['id']);
});

afterAll(async () => {
  await api?.close();
  await instance?.dispose();
  if (repository !== undefined) await rm(repository, { recursive: true });
});

/** Checks the form that every error has, and returns it. */
function expectProblem(answer: ApiAnswer, status: number, code: string) {
  expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = problemSchema.strict().parse(answer.body);
  expect({ status: answer.status, code: problem.code }).toEqual({ status, code });
  expect(problem.status).toBe(status);
  expect(problem.type).toBe(`urn:loom:problem:${code.toLowerCase().replaceAll('_', '-')}`);
  expect(problem.detail).not.toBe('');
  expect(problem.next).not.toBe('');
  return problem;
}

const aBug = (changes: Record<string, unknown> = {}) => ({
  project: 'shop',
  type: 'bug',
  title: 'Total is off',
  ...changes,
});

const beadRows = async (title: string): Promise<number> =>
  (await instance.database.query('select id from bead where title = $1', [title])).rows.length;

describe('keys', () => {
  test.each(['', 'Bearer', 'Bearer wrong', 'Basic d3Jvbmc='])(
    'a request with Authorization "%s" is refused',
    async (authorization) => {
      const answer = await api.request('GET', '/projects', undefined, { authorization });
      expectProblem(answer, 401, 'UNAUTHORIZED');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    },
  );

  test('paths that do not exist are not told apart without a key', async () => {
    expectProblem(await api.request('GET', '/nothing', undefined, { authorization: '' }), 401, 'UNAUTHORIZED');
    expectProblem(await api.request('GET', '/nothing'), 404, 'NOT_FOUND');
  });

  test('health and the API document need no key', async () => {
    for (const path of ['/health/live', '/health/ready', '/openapi.json']) {
      expect((await api.request('GET', path, undefined, { authorization: '' })).status).toBe(200);
    }
  });
});

describe('projects', () => {
  test('a project whose tests are plain to see is added with them', async () => {
    const answer = await api.request('POST', '/projects', { name: 'seen', repository });
    const project = createdProjectSchema.strict().parse(answer.body);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/projects/${project.id}`);
    expect(project).toMatchObject({
      branch: 'main',
      checks: { test: 'npm test', timeoutMs: 120_000 },
      checksFrom: 'detected',
    });
    expect((await api.request('GET', '/projects/seen')).body['id']).toBe(project.id);
    expect((await api.request('GET', `/projects/${project.id}`)).body['name']).toBe('seen');
  });

  test('what a project says of itself outranks what its files suggest, and the request outranks both', async () => {
    const folder = await makeRepository({
      ...NODE_PROJECT,
      '.loom/project.yaml': 'checks:\n  test: make check\n  timeoutMs: 5000\nsetup: make deps\nprotected: ["ci/**"]\n',
    });
    const own = await api.request('POST', '/projects', { name: 'own', repository: folder });
    const told = await api.request('POST', '/projects', {
      name: 'told',
      repository: folder,
      checks: { test: 'npm run ci' },
    });
    await rm(folder, { recursive: true });
    expect(own.body).toMatchObject({
      checks: { test: 'make check', timeoutMs: 5_000 },
      setupCommand: 'make deps',
      protectedPaths: ['ci/**'],
      checksFrom: 'project-file',
      note: null,
    });
    expect(told.body).toMatchObject({ checks: { test: 'npm run ci', timeoutMs: 120_000 }, checksFrom: 'request' });
  });

  test('a project without any sign of tests is added with the note that nothing can land', async () => {
    const folder = await makeRepository({ 'notes.txt': 'hello\n' });
    const answer = await api.request('POST', '/projects', { name: 'untested', repository: folder });
    await rm(folder, { recursive: true });
    expect(answer.body).toMatchObject({
      checks: null,
      checksFrom: 'none',
      note: expect.stringContaining('nothing can land'),
    });
  });

  test('a project file that is wrong is named', async () => {
    const folder = await makeRepository({ '.loom/project.yaml': 'checks:\n  test: 7\n' });
    const answer = await api.request('POST', '/projects', { name: 'wrong-file', repository: folder });
    await rm(folder, { recursive: true });
    expect(expectProblem(answer, 400, 'BAD_INPUT').detail).toContain('.loom/project.yaml');
  });

  test('a taken name is refused', async () => {
    expectProblem(await api.request('POST', '/projects', { name: 'shop', repository }), 409, 'CONFLICT');
  });

  test('pages follow each other without overlap', async () => {
    const names: string[] = [];
    for (let after: string | null = ''; after !== null;) {
      const answer = await api.request('GET', `/projects?limit=1${after === '' ? '' : `&after=${after}`}`);
      const page = projectPageSchema.strict().parse(answer.body);
      names.push(...page.projects.map(({ name }) => name));
      after = page.next;
    }
    expect(names).toEqual([...new Set(names)].sort());
    expect(names).toContain('shop');
  });

  test.each([
    ['a folder that is no repository', { repository: '/' }, 'does not appear to be a git repository'],
    ['a path that does not exist', { repository: '/does/not/exist' }, 'does not'],
    ['a relative path', { repository: 'shop' }, 'neither an absolute path nor a URL'],
    ['a transport that runs commands', { repository: 'ext::sh -c "touch /tmp/owned"' }, 'transport helper'],
    ['a transport of git that runs helpers', { repository: 'fd::17' }, 'transport helper'],
    ['an unknown scheme', { repository: 'ftp://127.0.0.1/x.git' }, 'ftp:'],
    ['an option', { repository: '--upload-pack=touch /tmp/owned' }, 'option'],
    ['credentials', { repository: 'https://me:secret@127.0.0.1/x.git' }, 'credentials'],
    ['a server that is not there', { repository: 'http://127.0.0.1:1/x.git' }, 'git'],
    ['control characters', { repository: '/tmp/a\nb' }, 'control'],
  ])('a repository given as %s is refused', async (_, body, why) => {
    const problem = expectProblem(
      await api.request('POST', '/projects', { name: 'bad', ...body }),
      422,
      'REPOSITORY_UNREADABLE',
    );
    expect(problem.detail).toContain(why);
  });

  test('a branch that does not exist is refused, and those that do are named', async () => {
    const answer = await api.request('POST', '/projects', { name: 'bad', repository, branch: 'trunk' });
    expect(expectProblem(answer, 422, 'REPOSITORY_UNREADABLE').detail).toContain('but main');
  });

  test.each([
    ['no body', 'body', undefined],
    ['an array', 'body', []],
    ['no name', 'body.name', { repository: '/x' }],
    ['a name with capitals', 'body.name', { name: 'Shop', repository: '/x' }],
    ['a name like an id', 'body.name', { name: 'pj-shop', repository: '/x' }],
    ['no repository', 'body.repository', { name: 'x' }],
    ['a check without a command', 'body.checks.test', { name: 'x', repository: '/x', checks: { test: ' ' } }],
    [
      'an impatient check',
      'body.checks.timeoutMs',
      { name: 'x', repository: '/x', checks: { test: 'a', timeoutMs: 1 } },
    ],
    ['an unknown landing', 'body.landing', { name: 'x', repository: '/x', landing: 'moon' }],
    ['an unknown key', 'body', { name: 'x', repository: '/x', brnach: 'main' }],
    ['a branch of two lines', 'body.branch', { name: 'x', repository: '/x', branch: 'a\nb' }],
  ])('a project with %s is refused at %s', async (_, path, body) => {
    const problem = expectProblem(await api.request('POST', '/projects', body), 400, 'BAD_INPUT');
    expect(problem.errors?.map((error) => error.path)).toContain(path);
  });
});

describe('beads', () => {
  test('a bead is filed with its defaults and its workflow is started', async () => {
    const answer = await api.request('POST', '/beads', aBug({ title: 'started' }));
    const bead = acceptedBeadSchema.strict().parse(answer.body);
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`/api/v1/beads/${bead.id}`);
    expect(bead).toMatchObject({
      projectId,
      projectName: 'shop',
      status: 'open',
      priority: 2,
      provider: 'repairer',
      fleet: 'agents',
      maxAttempts: 2,
      note: null,
    });
    const temporal = openTemporal(instance.config.temporal);
    const workflow = await temporal.call((client) => client.workflow.getHandle(beadWorkflowId(bead.id)).describe());
    expect(workflow).toMatchObject({ type: 'beadWorkflow', taskQueue: orchestratorQueue(instance.config.instance) });
    expect(workflow.searchAttributes).toEqual({
      BeadStatus: ['open'],
      Project: ['shop'],
      Persona: ['repairer'],
      Priority: [2],
    });
    expect(await workflow.staticSummary()).toContain('started');
    await temporal.close();
  });

  test('64 concurrent requests with one Idempotency-Key make one bead', async () => {
    const temporal = openTemporal(instance.config.temporal);
    const workflows = async (): Promise<number> =>
      (await temporal.client.workflow.count(`TaskQueue = "${orchestratorQueue(instance.config.instance)}"`)).count;
    const beads = async (): Promise<number> => (await instance.database.query('select id from bead')).rows.length;
    const title = 'sixty-four times';
    const answers = await Promise.all(
      Array.from({ length: 64 }, () => api.request('POST', '/beads', aBug({ title }), { 'idempotency-key': 'storm' })),
    );
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(1);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(63);
    expect(await beadRows(title)).toBe(1);
    // Temporal's index follows a little later, and tells nobody when it has.
    const deadline = Date.now() + 20_000;
    while ((await workflows()) < (await beads()) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await workflows()).toBe(await beads());
    await temporal.close();
  });

  test('a key that was used for another request is refused', async () => {
    const headers = { 'idempotency-key': 'once' };
    const first = await api.request('POST', '/beads', aBug({ title: 'once' }), headers);
    const otherwise = await api.request('POST', '/beads', aBug({ title: 'twice' }), headers);
    // The id names the same project, so this is the same request.
    const again = await api.request(
      'POST',
      '/beads',
      aBug({ title: 'once', project: projectId, priority: 2 }),
      headers,
    );
    expect(expectProblem(otherwise, 409, 'CONFLICT').detail).toContain(String(first.body['id']));
    expect([again.status, again.body['id']]).toEqual([200, first.body['id']]);
    expect(await beadRows('twice')).toBe(0);
  });

  test('without a key each request is a bead of its own', async () => {
    await api.request('POST', '/beads', aBug({ title: 'no key' }));
    await api.request('POST', '/beads', aBug({ title: 'no key' }));
    expect(await beadRows('no key')).toBe(2);
  });

  test('a bead of an unknown project is refused', async () => {
    expectProblem(await api.request('POST', '/beads', aBug({ project: 'nope' })), 404, 'NOT_FOUND');
  });

  test.each([
    ['no type', { type: undefined }, 'body.type'],
    ['an unknown type', { type: 'saga' }, 'body.type'],
    ['a blank title', { title: '  ' }, 'body.title'],
    ['a title of two lines', { title: 'a\nb' }, 'body.title'],
    ['a title that is too long', { title: 'x'.repeat(201) }, 'body.title'],
    ['a title with NUL', { title: 'a\0b' }, 'body.title'],
    ['half a surrogate pair', { description: 'a\ud800b' }, 'body.description'],
    ['a description that is too long', { description: 'x'.repeat(100_001) }, 'body.description'],
    ['a priority that does not exist', { priority: 5 }, 'body.priority'],
    ['a priority as text', { priority: '1' }, 'body.priority'],
    ['no attempt', { maxAttempts: 0 }, 'body.maxAttempts'],
    ['too many attempts', { maxAttempts: 11 }, 'body.maxAttempts'],
    ['half an attempt', { maxAttempts: 1.5 }, 'body.maxAttempts'],
    ['a provider that is no name', { provider: 'a b' }, 'body.provider'],
    ['a fleet that is no name', { fleet: '../x' }, 'body.fleet'],
    ['a test outside the repository', { failingTests: [{ file: '../x', name: 'a' }] }, 'body.failingTests.0.file'],
    [
      'a test with an absolute path',
      { failingTests: [{ file: '/etc/passwd', name: 'a' }] },
      'body.failingTests.0.file',
    ],
    ['a test without a name', { failingTests: [{ file: 'a.js' }] }, 'body.failingTests.0.name'],
    [
      'too many tests',
      { failingTests: Array.from({ length: 51 }, () => ({ file: 'a', name: 'b' })) },
      'body.failingTests',
    ],
    ['an unknown key', { prioritty: 1 }, 'body'],
  ])('a bead with %s is refused', async (_, changes, path) => {
    const problem = expectProblem(await api.request('POST', '/beads', aBug(changes)), 400, 'BAD_INPUT');
    expect(problem.errors?.map((error) => error.path)).toContain(path);
  });

  test.each(['', ' ', 'x'.repeat(201)])('the Idempotency-Key "%s" is refused', async (key) => {
    const answer = await api.request('POST', '/beads', aBug(), { 'idempotency-key': key });
    expect(expectProblem(answer, 400, 'BAD_INPUT').errors?.[0]?.path).toBe('headers.Idempotency-Key');
  });

  test('what is not JSON, or is too large, is refused with its reason', async () => {
    expectProblem(await api.request('POST', '/beads', '{"project":'), 400, 'BAD_INPUT');
    expectProblem(await api.request('POST', '/beads', '{"__proto__": 1}'), 400, 'BAD_INPUT');
    expectProblem(await api.request('POST', '/beads', 'hello', { 'content-type': 'text/plain' }), 400, 'BAD_INPUT');
    expectProblem(await api.request('POST', '/beads', aBug({ description: 'x'.repeat(1_100_000) })), 413, 'TOO_LARGE');
    expectProblem(await api.request('POST', '/beads', '{}', { 'content-encoding': 'br' }), 400, 'BAD_INPUT');
  });

  test('a method that a path does not have is answered with those that it has', async () => {
    const answer = await api.request('DELETE', '/beads');
    expectProblem(answer, 405, 'BAD_INPUT');
    expect(answer.headers.get('allow')).toBe('POST, GET');
  });

  test('a list is filtered, and its pages follow each other', async () => {
    const other = await api.request('POST', '/projects', { name: 'other', repository });
    const ids: string[] = [];
    for (const title of ['a', 'b', 'c']) {
      ids.unshift(String((await api.request('POST', '/beads', aBug({ title, project: 'other' }))).body['id']));
    }
    const first = beadPageSchema.strict().parse((await api.request('GET', '/beads?project=other&limit=2')).body);
    const second = beadPageSchema
      .strict()
      .parse((await api.request('GET', `/beads?project=${String(other.body['id'])}&limit=2&after=${first.next}`)).body);
    expect([...first.beads, ...second.beads].map(({ id }) => id)).toEqual(ids);
    expect(second.next).toBeNull();
    expect((await api.request('GET', '/beads?project=other&status=closed')).body['beads']).toEqual([]);
  });

  test.each([
    ['/beads?status=done', 400, 'BAD_INPUT'],
    ['/beads?limit=0', 400, 'BAD_INPUT'],
    ['/beads?limit=501', 400, 'BAD_INPUT'],
    ['/beads?limit=many', 400, 'BAD_INPUT'],
    ['/beads?staus=open', 400, 'BAD_INPUT'],
    ['/beads?status=open&status=closed', 400, 'BAD_INPUT'],
    ['/beads?project=nope', 404, 'NOT_FOUND'],
    ['/beads?after=bd-0000000000', 404, 'NOT_FOUND'],
    ['/beads/bd-0000000000', 404, 'NOT_FOUND'],
    ['/beads/%00', 400, 'BAD_INPUT'],
    ['/beads/%E0%A4%A', 400, 'BAD_INPUT'],
    [`/beads/${'x'.repeat(101)}`, 400, 'BAD_INPUT'],
    ['/projects/nope', 404, 'NOT_FOUND'],
    ['/projects?limit=-1', 400, 'BAD_INPUT'],
    ['/runs/run-nope-1', 404, 'NOT_FOUND'],
    ['/runs/run-nope-1/steps', 404, 'NOT_FOUND'],
    ['/runs/run-nope-1/steps?after=-1', 400, 'BAD_INPUT'],
    ['/events?after=x', 400, 'BAD_INPUT'],
    ['/events?limit=1001', 400, 'BAD_INPUT'],
    ['/events?bead=nope', 404, 'NOT_FOUND'],
    ['/events/stream?bead=nope', 404, 'NOT_FOUND'],
    ['/events/stream?after=1e99', 400, 'BAD_INPUT'],
    ['/events/stream?until=terminal', 400, 'BAD_INPUT'],
    ['/events/stream?until=tomorrow', 400, 'BAD_INPUT'],
  ])('GET %s is answered %i %s', async (path, status, code) => {
    const problem = expectProblem(await api.request('GET', path), status, code);
    expect(problem.status).toBe(status);
  });

  test('a Last-Event-ID that is no number is refused', async () => {
    expectProblem(await api.request('GET', '/events/stream', undefined, { 'last-event-id': 'abc' }), 400, 'BAD_INPUT');
  });
});

describe('a bead at work', () => {
  let beadId: string;
  let runId: string;

  /** Writes what the bead's workflow would write. */
  beforeAll(async () => {
    beadId = String((await api.request('POST', '/beads', aBug({ title: 'at work' }))).body['id']);
    runId = `run-${beadId}-1`;
    const run = { runId, number: 1, provider: 'repairer', status: 'running' as const, baseCommit: 'c0ffee' };
    const lease = { fence: 1, runId, hostId: 'host-a', tokenHash: 'none' };
    const event = (type: string) => ({ type, data: {} });
    await applyBeadChange(instance.database, { beadId, version: 1, status: 'queued', event: event('bead.queued') });
    await applyBeadChange(instance.database, {
      beadId,
      version: 2,
      status: 'running',
      attempt: 1,
      run,
      lease,
      event: event('bead.running'),
    });
    await instance.database.transaction(async (tx) => {
      for (const step of [1, 2, 3]) {
        const content = { kind: 'message' as const, from: 'loom' as const, text: `step ${step}` };
        await appendStep(tx, { projectId, beadId, runId, step, content, checkpoint: null });
      }
    });
  });

  test('shows its run, its host and its workflow', async () => {
    const { body } = await api.request('GET', `/beads/${beadId}`);
    const bead = beadDetailsSchema.strict().parse(body);
    expect(bead).toMatchObject({ status: 'running', attempt: 1, where: { runId, hostId: 'host-a' } });
    expect(bead.runs.map(({ id }) => id)).toEqual([runId]);
    expect(bead.workflow.url).toContain(`/workflows/bead-${beadId}`);
    expect((await api.request('GET', `/runs/${runId}`)).body).toMatchObject({ beadId, number: 1, hostId: 'host-a' });
  });

  test('has a transcript that is read page by page', async () => {
    const read = async (query: string) =>
      stepPageSchema.strict().parse((await api.request('GET', `/runs/${runId}/steps${query}`)).body);
    const first = await read('?limit=2');
    const second = await read(`?limit=2&after=${first.next}`);
    expect([...first.steps, ...second.steps].map(({ step }) => step)).toEqual([1, 2, 3]);
    expect(second.next).toBeNull();
  });

  test('has no diff before it has landed', async () => {
    expectProblem(await api.request('GET', `/beads/${beadId}/diff`), 409, 'CONFLICT');
  });

  test('cannot be cancelled while no orchestrator runs, and the answer says so', async () => {
    const answer = await api.request('POST', `/beads/${beadId}/cancel`, { reason: 'not needed' });
    expect(expectProblem(answer, 503, 'UNAVAILABLE').detail).toContain('orchestrator');
    expect(answer.headers.get('retry-after')).not.toBeNull();
  });

  test('is cancelled only with a reason', async () => {
    expectProblem(await api.request('POST', `/beads/${beadId}/cancel`, { reason: '' }), 400, 'BAD_INPUT');
    expectProblem(await api.request('POST', `/beads/${beadId}/cancel`, {}), 400, 'BAD_INPUT');
    expectProblem(await api.request('POST', '/beads/nope/cancel', { reason: 'x' }), 404, 'NOT_FOUND');
  });

  test('cannot be cancelled once it has ended', async () => {
    await applyBeadChange(instance.database, {
      beadId,
      version: 3,
      status: 'escalated',
      event: { type: 'bead.escalated', data: {} },
    });
    const answer = await api.request('POST', `/beads/${beadId}/cancel`, { reason: 'too late' });
    expect(expectProblem(answer, 409, 'CONFLICT').detail).toContain('already escalated');
  });
});

describe('the API when something is away', () => {
  test('a bead is accepted without Temporal, and started by a repeat once Temporal answers', async () => {
    const alone = await startApi({
      ...instance.config,
      temporal: { ...instance.config.temporal, address: '127.0.0.1:1' },
    });
    const headers = { 'idempotency-key': 'without temporal' };
    const accepted = await alone.request('POST', '/beads', aBug({ title: 'kept' }), headers);
    const readiness = await alone.request('GET', '/health/ready');
    await alone.close();
    expect(accepted.status).toBe(202);
    expect(accepted.body).toMatchObject({ status: 'open', note: expect.stringContaining('starts by itself') });
    expect(readiness.status).toBe(503);
    expect(readiness.body).toMatchObject({ ready: false, parts: { postgres: { ok: true }, temporal: { ok: false } } });
    expect(await beadRows('kept')).toBe(1);

    const repeated = await api.request('POST', '/beads', aBug({ title: 'kept' }), headers);
    expect([repeated.status, repeated.body['id'], repeated.body['note']]).toEqual([200, accepted.body['id'], null]);
  });

  test('what was accepted without Temporal is started by the reconciler, once', async () => {
    const { temporal: at, instance: name, lease } = instance.config;
    const alone = await startApi({ ...instance.config, temporal: { ...at, address: '127.0.0.1:1' } });
    const accepted = await alone.request('POST', '/beads', aBug({ title: 'reconciled' }));
    await alone.close();
    const beadId = String(accepted.body['id']);
    await instance.database.query(`update bead set created_at = now() - interval '1 minute' where id = $1`, [beadId]);
    const temporal = openTemporal(at);
    const settings = { instance: name, leaseHeartbeatTimeoutMs: lease.heartbeatTimeoutMs };
    const { reconcile } = createReconcileActivities({
      database: instance.database,
      startBead: async (bead) => (await startBead(temporal, bead, settings)) === 'started',
      isRunning: (id) => isBeadRunning(temporal, id),
      restartBead: () => Promise.reject(new Error('none of these beads is without a workflow')),
      log: () => undefined,
    });
    expect(await reconcile()).toEqual({ repairs: 1, byKind: { unstarted_bead: 1 } });
    expect(await reconcile()).toEqual({ repairs: 0, byKind: {} });
    const workflow = await temporal.call((client) => client.workflow.getHandle(beadWorkflowId(beadId)).describe());
    expect(workflow.status.name).toBe('RUNNING');
    await temporal.close();
  });

  test('without the hub a diff is answered 503', async () => {
    const beadId = String((await api.request('POST', '/beads', aBug({ title: 'landed' }))).body['id']);
    await instance.database.query(`update bead set status = 'closed', landed_commit = $2 where id = $1`, [
      beadId,
      'a'.repeat(40),
    ]);
    const away = await startApi({ ...instance.config, hub: { ...instance.config.hub, url: 'http://127.0.0.1:1' } });
    const answer = await away.request('GET', `/beads/${beadId}/diff`);
    await away.close();
    expect(expectProblem(answer, 503, 'UNAVAILABLE').detail).toContain('hub');
  });

  test('when Postgres cuts its connections, later requests are served again', async () => {
    const other = await createInstance();
    const itsApi = await startApi(other.config);
    expect((await itsApi.request('GET', '/projects')).status).toBe(200);
    await other.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    expect([200, 503]).toContain((await itsApi.request('GET', '/projects')).status);
    expect((await itsApi.request('GET', '/projects')).status).toBe(200);
    await other.dispose();
    expectProblem(await itsApi.request('GET', '/projects'), 503, 'UNAVAILABLE');
    await itsApi.close();
  });
});

describe('the API about itself', () => {
  test('tells a joining host where everything is', async () => {
    const { temporal, hub } = instance.config;
    const { body } = await api.request('GET', '/system');
    expect(body).toMatchObject({ instance: instance.config.instance, temporal, hub: { url: hub.url } });
    expect(String(body['hostKey']).length).toBeGreaterThan(30);
  });

  test('its document describes every path with an answer and refers only to schemas that it has', async () => {
    const { body, text } = await api.request('GET', '/openapi.json');
    const document = body as { paths: Record<string, object>; components: { schemas: Record<string, object> } };
    expect(Object.keys(document.paths).sort()).toEqual(
      [
        '/beads',
        '/beads/{id}',
        '/beads/{id}/cancel',
        '/beads/{id}/diff',
        '/beads/{id}/restart',
        '/events',
        '/events/stream',
        '/health/live',
        '/health/ready',
        '/hosts',
        '/hosts/{id}',
        '/hosts/{id}/drain',
        '/hosts/{id}/resume',
        '/metrics',
        '/projects',
        '/projects/{id}',
        '/runs/{id}',
        '/runs/{id}/steps',
        '/status',
        '/system',
      ].map((path) => `/api/v1${path}`),
    );
    const referred = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, target]) => target);
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(known).toEqual(expect.arrayContaining([...new Set(referred)]));
    expect(known).toContain('#/components/schemas/Problem');
  });
});

describe('the API process', () => {
  test('says when it serves, refuses a taken port by name, and ends in order', async () => {
    const { api: port } = await freePorts();
    const env = { ...instance.env, LOOM_API_PORT: String(port) };
    const first = await startProcess('api/server.ts', env);
    expect((await fetch(`http://127.0.0.1:${port}/api/v1/health/live`)).status).toBe(200);
    await expect(startProcess('api/server.ts', env)).rejects.toThrow(
      new RegExp(`ended with 78[^]*127\\.0\\.0\\.1:${port}[^]*LOOM_API_PORT`),
    );
    const stream = await fetch(`http://127.0.0.1:${port}/api/v1/events/stream`, {
      headers: { authorization: `Bearer ${api.key}` },
    });
    first.kill('SIGTERM');
    // An open stream does not hold it up: it is ended, and its client comes again elsewhere.
    expect(await stream.text()).toContain('retry:');
    expect(await first.exited).toBe(0);
  });
});
