// `npm run demo`: a bug in a git repository is filed, mended by an agent, checked by the platform and landed, before your eyes.
// Exit status: 0 landed, 1 not (with the reason and what to try), 2 misused, 130 interrupted.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createApiClient } from '../cli/api-client.ts';
import type { ApiClient } from '../cli/api-client.ts';
import type { BeadDetails } from '../cli/api-shapes.ts';
import { followEvents } from '../cli/follow-events.ts';
import { LoomError, messageOf } from '../domain/errors.ts';
import { openDemoStack } from './demo/demo-stack.ts';
import { parseOptions, USAGE } from './demo/options.ts';
import type { DemoOptions } from './demo/options.ts';
import { ProgressView } from './demo/progress-view.ts';
import { prepareTask } from './demo/repository.ts';
import type { DemoTask } from './demo/repository.ts';
import { reportError } from './report-error.ts';
import { eventLine, seconds } from './start-view.ts';
import { outliveOutput, StopRequest } from './stop-request.ts';

const dataDir = join(process.env['LOOM_DATA_DIR'] || '.loom', 'demo');

/** A demo has everything of its own, whatever this shell is set up to use. */
const OWN = [
  'LOOM_TEMPORAL_ADDRESS',
  'LOOM_NATS_URL',
  'LOOM_DATABASE_URL',
  'LOOM_API_KEY_FILE',
  'LOOM_API_URL',
  'LOOM_HOST_DIR',
];

async function demo(options: DemoOptions, stop: StopRequest, view: ProgressView): Promise<number> {
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = AbortSignal.any([stop.signal, deadline]);
  const folder = await mkdtemp(join(tmpdir(), 'loom-demo-'));
  try {
    const task = await prepareTask(options, folder, signal);
    view.say(`Repository: ${task.what}`);
    view.say(`Stack: data in ${dataDir}`);
    view.now('starting');
    const startedAt = performance.now();
    const stack = await openDemoStack({
      dataDir,
      keep: options.keep,
      env: { ...process.env, ...Object.fromEntries(OWN.map((name) => [name, ''])) },
      signal,
      onEvent: (event) => {
        const line = eventLine(event, false);
        if (line !== undefined && !signal.aborted) view.say(line);
      },
    });
    try {
      view.say(`  all serve after ${seconds(performance.now() - startedAt)}`);
      const api = createApiClient({ url: stack.apiUrl, key: stack.apiKey });
      const bead = await work(api, task, view, signal);
      const landed = await report(api, bead, options, view);
      if (stack.stays) view.say(howToGoOn(bead));
      return landed ? 0 : 1;
    } finally {
      view.now('stopping the stack');
      stop.onInsistence(() => process.exit(130)); // the reaper ends what still runs
      await stack.stop();
    }
  } catch (error) {
    if (stop.signal.aborted) {
      view.say('Stopped on request.');
      return 130;
    }
    if (!deadline.aborted) throw error;
    throw new LoomError(
      'UNAVAILABLE',
      `Not done after ${options.timeoutMs / 60_000} minutes`,
      'Look at what it was doing above; give it longer with --minutes N, or keep the stack with --keep and look at the bead.',
      { cause: error },
    );
  } finally {
    view.close();
    if (!options.keep) await rm(folder, { recursive: true, force: true });
  }
}

/** Files the bead and follows it to its end; a demo that is given up cancels it, so that it does not go on at the next start. */
async function work(api: ApiClient, task: DemoTask, view: ProgressView, signal: AbortSignal): Promise<BeadDetails> {
  const name = `demo-${Date.now().toString(36)}`;
  const project = await api.post<{ id: string; note: string | null }>('/projects', { name, ...task.project });
  if (project.note !== null) view.say(`Note: ${project.note}`);
  const body = { project: project.id, ...task.bead };
  const { id } = await api.post<{ id: string }>('/beads', body, { 'Idempotency-Key': randomUUID() });
  const { title, workflow } = await api.get<BeadDetails>(`/beads/${id}`);
  view.say(`Bead: ${id}, "${title}"`);
  view.say(`The bead in the Temporal Web UI: ${workflow.url}`);
  view.say();
  const followed = (async () => {
    for await (const event of followEvents(api, id, (why) => view.say(`  (events interrupted: ${why})`)))
      view.show(event);
  })();
  const givenUp = new Promise<'given up'>((resolve) => {
    if (signal.aborted) resolve('given up');
    signal.addEventListener('abort', () => resolve('given up'), { once: true });
  });
  if ((await Promise.race([followed, givenUp])) === 'given up') {
    followed.catch(() => undefined); // it loses its API in a moment
    view.now('cancelling the bead');
    await api.post(`/beads/${id}/cancel`, { reason: 'the demo was given up' }).catch((trouble: unknown) => {
      view.say(`The bead was not cancelled (${messageOf(trouble)}); it goes on when the stack is started again.`);
    });
    throw signal.reason;
  }
  return api.get<BeadDetails>(`/beads/${id}`);
}

async function report(api: ApiClient, bead: BeadDetails, options: DemoOptions, view: ProgressView): Promise<boolean> {
  view.now('');
  view.say();
  if (bead.status !== 'closed' || bead.landedCommit === null) {
    view.say(`Not landed: the bead is ${bead.status}${bead.reason === null ? '' : `, ${bead.reason}`}`);
    view.say(
      '  next: read the turns above. Keep the stack with --keep and read all of it: bin/loomctl run show RUN --transcript',
    );
    if (options.repository !== undefined) {
      view.say('  The built-in repairer makes small edits only. What it tried stands in the transcript above.');
    }
    return false;
  }
  const diff = await api.text(`/beads/${bead.id}/diff`);
  view.say(diff.trimEnd());
  view.say();
  view.say(`Landed as ${bead.landedCommit}, after the checks of the platform passed on exactly that commit.`);
  view.say(
    `Time: ${view
      .phases()
      .map(({ name, tookMs }) => `${name} ${seconds(tookMs)}`)
      .join(', ')}`,
  );
  const run = bead.runs.at(-1);
  if (run !== undefined) {
    const until = options.keep ? '' : '   (while the stack is up: see --keep)';
    view.say(`The run in the Temporal Web UI: ${bead.workflow.url.replace(bead.workflow.id, run.id)}${until}`);
  }
  if (options.repository !== undefined) {
    const patch = resolve(dataDir, `${bead.id}.patch`);
    await writeFile(patch, diff);
    view.say(`Your repository is as it was. To take the change over: git -C ${options.repository} apply ${patch}`);
  }
  return true;
}

function howToGoOn(bead: BeadDetails): string {
  const loomctl = `LOOM_DATA_DIR=${dataDir} bin/loomctl`;
  return [
    '',
    'The stack stays up. Look around, and stop it:',
    `  ${loomctl} bead show ${bead.id}`,
    `  ${bead.workflow.url}`,
    `  ${loomctl} down`,
  ].join('\n');
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (!options) {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  return demo(options, new StopRequest(), new ProgressView(process.stdout));
}

outliveOutput();
// Explicitly, because a demo that was given up may still be trying to reach the events of its bead.
process.exit(await main().catch(reportError));
