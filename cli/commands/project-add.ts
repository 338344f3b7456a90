import { isAbsolute, resolve } from 'node:path';
import { Command } from 'commander';
import type { Project } from '../api-shapes.ts';
import { number } from '../options.ts';
import { action } from '../session.ts';
import { projectFacts } from './project-show.ts';

interface Options {
  readonly branch?: string;
  readonly test?: string;
  readonly testTimeout?: number;
  readonly setup?: string;
  readonly protect?: string[];
  readonly landing?: string;
}

export const projectAdd = (): Command =>
  new Command('add')
    .description('put a git repository under Loom')
    .argument('<name>', 'a-z, 0-9 and "-"')
    .argument('[repository]', 'path or URL', '.')
    .option('--branch <name>', "where beads land (default: the repository's own default branch)")
    .option(
      '--test <command>',
      'the check that everything has to pass (default: what .loom/project.yaml or the files say)',
    )
    .option('--test-timeout <seconds>', 'when the check counts as failed', number(1, 3_600))
    .option('--setup <command>', 'prepares a fresh checkout')
    .option('--protect <glob...>', 'paths that no agent may change')
    .option('--landing <where>', '"hub" keeps landed commits in Loom, "upstream" pushes them to the repository')
    .action(
      action<Options, [string, string]>(async ({ api, cwd, show }, options, name, repository) => {
        const timeout = options.testTimeout === undefined ? {} : { timeoutMs: options.testTimeout * 1_000 };
        const project = await api.post<Project & { readonly note: string | null }>('/projects', {
          name,
          repository: absolute(repository, cwd),
          branch: options.branch,
          checks: options.test === undefined ? undefined : { test: options.test, ...timeout },
          setup: options.setup,
          protected: options.protect,
          landing: options.landing,
        });
        show(project, () => [projectFacts(project), ...(project.note === null ? [] : ['', project.note])].join('\n'));
      }),
    );

/** A path is meant from where the command is typed; the API knows nothing of that folder. */
const absolute = (repository: string, cwd: string): string =>
  isAbsolute(repository) || /^[\w+.-]+:|^[\w.-]+@[\w.-]+:/.test(repository) ? repository : resolve(cwd, repository);
