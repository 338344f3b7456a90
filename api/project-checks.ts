// How a new project will be checked: as the request says, else as the project says of itself, else as its files suggest.
import { parse } from 'yaml';
import { z } from 'zod';
import { TELLING_FILES, detectTestCommand } from '../domain/detect-checks.ts';
import { LoomError, messageOf } from '../domain/errors.ts';
import type { Checks } from '../store/projects.ts';
import { type RemoteBranch, readFiles } from './git-remote.ts';
import { projectFileSchema } from './schemas/projects.ts';

export const PROJECT_FILE = '.loom/project.yaml';
const DEFAULT_TIMEOUT_MS = 120_000;

export interface ProjectPolicies {
  readonly checks: Checks | null;
  readonly setupCommand: string | null;
  readonly protectedPaths: readonly string[];
  readonly checksFrom: 'request' | 'project-file' | 'detected' | 'none';
}

interface Requested {
  readonly checks?: Checks | undefined;
  readonly setup?: string | undefined;
  readonly protected?: readonly string[] | undefined;
}

/** @throws REPOSITORY_UNREADABLE, BAD_INPUT when the project's own file is wrong. */
export async function projectPolicies(
  requested: Requested,
  repository: string,
  at: RemoteBranch,
): Promise<ProjectPolicies> {
  if (requested.checks !== undefined) {
    return {
      checks: requested.checks,
      setupCommand: requested.setup ?? null,
      protectedPaths: requested.protected ?? [],
      checksFrom: 'request',
    };
  }
  const files = await readFiles(repository, at, [PROJECT_FILE, ...TELLING_FILES]);
  const own = projectFile(files.get(PROJECT_FILE));
  const detected = own.checks === undefined ? detectTestCommand(files) : null;
  return {
    checks: own.checks ?? (detected === null ? null : { test: detected, timeoutMs: DEFAULT_TIMEOUT_MS }),
    setupCommand: requested.setup ?? own.setup ?? null,
    protectedPaths: requested.protected ?? own.protected ?? [],
    checksFrom: own.checks !== undefined ? 'project-file' : detected === null ? 'none' : 'detected',
  };
}

function projectFile(text: string | undefined): z.output<typeof projectFileSchema> {
  if (text === undefined) return {};
  try {
    return projectFileSchema.parse(parse(text) ?? {});
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
    throw new LoomError(
      'BAD_INPUT',
      `${PROJECT_FILE} of the project is wrong: ${why}`,
      'Correct and commit it, or name `checks` in the request.',
      {
        cause: error,
      },
    );
  }
}
