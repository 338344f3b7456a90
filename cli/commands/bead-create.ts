import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Command, InvalidArgumentError } from 'commander';
import { BEAD_TYPES } from '../../domain/bead.ts';
import { LoomError, messageOf } from '../../domain/errors.ts';
import type { Bead } from '../api-shapes.ts';
import { number, oneOf } from '../options.ts';
import { action } from '../session.ts';
import { watchBead } from '../watch-bead.ts';
import { beadFacts } from './bead-show.ts';

interface Options {
  readonly project: string;
  readonly type: string;
  readonly description?: string;
  readonly descriptionFile?: string;
  readonly priority?: number;
  readonly failingTest: readonly { readonly file: string; readonly name: string }[];
  readonly provider?: string;
  readonly fleet?: string;
  readonly maxAttempts?: number;
  readonly key?: string;
  readonly watch?: boolean;
}

export const beadCreate = (): Command =>
  new Command('create')
    .description('file a bead')
    .argument('<title>')
    .requiredOption('-p, --project <project>', 'id or name')
    .option('-t, --type <type>', BEAD_TYPES.join(', '), oneOf(BEAD_TYPES), 'task')
    .option('-d, --description <text>', 'markdown: what is wrong or wanted')
    .option('--description-file <path>', 'the same from a file, "-" for standard input')
    .option('--priority <0-4>', '0 is the most urgent', number(0, 4))
    .option('--failing-test <file::name>', 'a test that is red because of it; may be repeated', failingTest, [])
    .option('--provider <name>', 'who works on it')
    .option('--fleet <name>', 'where it works')
    .option('--max-attempts <number>', 'failures before a person is asked', number(1, 10))
    .option('--key <text>', 'Idempotency-Key: the same key again gets the same bead (default: a new one)')
    .option('-w, --watch', 'follow it until it ends')
    .action(
      action<Options, [string]>(async (session, options, title) => {
        const bead = await session.api.post<Bead & { readonly note: string | null }>(
          '/beads',
          {
            project: options.project,
            type: options.type,
            title,
            description: await description(options),
            priority: options.priority,
            failingTests: options.failingTest,
            provider: options.provider,
            fleet: options.fleet,
            maxAttempts: options.maxAttempts,
          },
          { 'idempotency-key': options.key ?? randomUUID() },
        );
        if (options.watch !== true || !session.json) {
          session.show(bead, () => [beadFacts(bead), ...(bead.note === null ? [] : ['', bead.note])].join('\n'));
        }
        if (options.watch === true) return watchBead(session, bead.id);
        if (!session.json) session.note(`\nFollow it with: loomctl bead watch ${bead.id}`);
        return undefined;
      }),
    );

async function description({ description: text, descriptionFile: path }: Options): Promise<string | undefined> {
  if (path === undefined) return text;
  try {
    return await readFile(path === '-' ? '/dev/stdin' : path, 'utf8');
  } catch (error) {
    throw new LoomError('BAD_INPUT', `The description cannot be read: ${messageOf(error)}`, 'Name a readable file.', {
      cause: error,
    });
  }
}

function failingTest(given: string, before: Options['failingTest']): Options['failingTest'] {
  const [, file, name] = /^(.+?)::(.+)$/s.exec(given) ?? [];
  if (file === undefined || name === undefined) throw new InvalidArgumentError('It takes FILE::NAME OF THE TEST.');
  return [...before, { file, name }];
}
