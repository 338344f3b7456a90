// What every command works with: the API that it speaks to, and the one place where results and exit statuses leave.
import type { Command } from 'commander';
import { type ErrorCode, LoomError, messageOf } from '../domain/errors.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { type Environment, findInstallation } from './installation.ts';

/** Scripts rely on these. */
export const EXIT = { done: 0, refused: 1, misuse: 2, unreachable: 3 } as const;

export interface Session {
  readonly env: Environment;
  readonly cwd: string;
  readonly api: ApiClient;
  readonly json: boolean;
  /** Prints the answer as JSON where that was asked for, else as `human` makes it. */
  readonly show: (answer: unknown, human: () => string) => void;
  readonly print: (text: string) => void;
  /** For progress and hints, which are no part of the answer. */
  readonly note: (text: string) => void;
}

interface GlobalOptions {
  readonly url?: string;
  readonly apiKey?: string;
  readonly json?: boolean;
}

/** Makes an action of commander's out of a command: it returns its exit status, or nothing for 0. */
export const action =
  <Options extends object, Arguments extends readonly unknown[]>(
    work: (session: Session, options: Options, ...given: Arguments) => Promise<number | void>,
  ) =>
  async (...all: unknown[]): Promise<void> => {
    const command = all.at(-1) as Command;
    const given = all.slice(0, -2) as unknown as Arguments;
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    try {
      process.exitCode = (await work(openSession(options), options, ...given)) ?? EXIT.done;
    } catch (error) {
      process.exitCode = report(error);
    }
  };

function openSession({ url, apiKey, json = false }: GlobalOptions): Session {
  const { env } = process;
  const cwd = process.cwd();
  let api: ApiClient | undefined;
  const print = (text: string): void => {
    if (text !== '') process.stdout.write(`${text}\n`);
  };
  return {
    env,
    cwd,
    json,
    // When it is needed: `up`, `down` and `replay --file` speak to no API.
    get api() {
      api ??= createApiClient(findInstallation({ url, apiKey }, env, cwd));
      return api;
    },
    show: (answer, human) => print(json ? JSON.stringify(answer, undefined, 2) : human()),
    print,
    note: (text) => void process.stderr.write(`${text}\n`),
  };
}

const STATUS_OF: Partial<Readonly<Record<ErrorCode, number>>> = {
  BAD_INPUT: EXIT.misuse,
  CONFIG_INVALID: EXIT.misuse,
  UNAVAILABLE: EXIT.unreachable,
};

function report(error: unknown): number {
  if (error instanceof LoomError) {
    process.stderr.write(`loomctl: ${error.message}\n  next: ${error.next}\n`);
    return STATUS_OF[error.code] ?? EXIT.refused;
  }
  // A mistake in loomctl itself; LOOM_LOG_LEVEL=debug shows where.
  const detail = process.env['LOOM_LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : messageOf(error);
  process.stderr.write(`loomctl: ${detail}\n`);
  return EXIT.refused;
}
