// Which Loom a command speaks to. The nearest data folder counts, as the nearest .git does for git, unless one is named.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { LoomError } from '../domain/errors.ts';
import { readStackRecord } from '../up/stack-record.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Installation {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string;
}

export interface Choice {
  readonly url?: string | undefined;
  readonly apiKey?: string | undefined;
}

const CHECKOUT = join(import.meta.dirname, '..');
const DEFAULT_URL = 'http://127.0.0.1:4700';

/**
 * The data folder in use: LOOM_DATA_DIR, else the nearest `.loom` that a stack has used, from `cwd` upwards, else that of the
 * checkout. A `.loom` that only holds a project's own settings is none.
 */
export function findDataDir(env: Environment, cwd: string): string {
  const named = env['LOOM_DATA_DIR'];
  if (named) return resolve(cwd, named);
  for (let folder = cwd; ; folder = dirname(folder)) {
    const candidate = join(folder, '.loom');
    if (existsSync(join(candidate, 'run', 'stack.json')) || existsSync(join(candidate, 'api-key'))) return candidate;
    if (folder === dirname(folder)) return join(CHECKOUT, '.loom');
  }
}

/** @throws BAD_INPUT for a URL that is none, CONFIG_INVALID where no key can be found. */
export function findInstallation(choice: Choice, env: Environment, cwd: string): Installation {
  const dataDir = findDataDir(env, cwd);
  const record = readStackRecord(dataDir);
  const local = record?.endpoints['api'] ?? DEFAULT_URL;
  const url = (choice.url ?? (env['LOOM_API_URL'] || local)).replace(/\/+$/, '');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new LoomError('BAD_INPUT', `"${url}" is not the URL of an API`, `Give one such as ${DEFAULT_URL}.`);
  }
  const given = choice.apiKey ?? env['LOOM_API_KEY'];
  if (given) return { url, key: given };
  const keyFile = env['LOOM_API_KEY_FILE'] || record?.apiKeyFile || join(dataDir, 'api-key');
  // The key of this machine's Loom opens no other one, and is not shown to it.
  if (url !== local && !isLoopback(url)) {
    throw new LoomError('CONFIG_INVALID', `No key is given for ${url}`, 'Give it with LOOM_API_KEY or --api-key.');
  }
  if (!existsSync(keyFile)) {
    throw new LoomError(
      'UNAVAILABLE',
      `No Loom has been started here: there is no ${keyFile}`,
      'Start it with "npm start" or "loomctl up", or name a running one with LOOM_API_URL and LOOM_API_KEY.',
    );
  }
  return { url, key: readFileSync(keyFile, 'utf8').trim() };
}

const isLoopback = (url: string): boolean => /^(127\.|localhost$|\[::1\]$)/.test(new URL(url).hostname);
