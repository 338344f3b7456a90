// What a machine's operator has set for package managers: certificate authorities and registries. Only these settings pass;
// credentials never do.
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { ReadOnlyMount } from './sandbox.ts';

const CA_FOLDER = '/run/loom/ca';

/** Variables that name a file of certificate authorities, as programs know them. */
const CA_VARIABLES = [
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'REQUESTS_CA_BUNDLE',
  'CURL_CA_BUNDLE',
  'PIP_CERT',
  'GIT_SSL_CAINFO',
];

export interface MachineTrust {
  readonly mounts: readonly ReadOnlyMount[];
  readonly env: Readonly<Record<string, string>>;
}

type HostEnvironment = Readonly<Record<string, string | undefined>>;

const known = new WeakMap<HostEnvironment, Promise<MachineTrust>>();

/** Asked once per environment: the settings of a machine do not change under a worker. */
export function machineTrust(env: HostEnvironment): Promise<MachineTrust> {
  const trust = known.get(env) ?? readMachineTrust(env);
  known.set(env, trust);
  return trust;
}

async function readMachineTrust(env: HostEnvironment): Promise<MachineTrust> {
  const npm = await npmSettings(env);
  const mounts: ReadOnlyMount[] = [];
  const found: Record<string, string> = {};
  const give = (variable: string, file: string | undefined): void => {
    if (file === undefined || !existsSync(file) || !statSync(file).isFile()) return;
    const target = `${CA_FOLDER}/${variable}.pem`;
    mounts.push({ source: file, target });
    found[variable] = target;
  };
  for (const variable of CA_VARIABLES) give(variable, env[variable]);
  give('npm_config_cafile', npm.cafile);
  if (npm.registry !== undefined) found.npm_config_registry = npm.registry;
  const pip = await pipSettings();
  if (found.PIP_CERT === undefined) give('PIP_CERT', pip.cert);
  if (pip.indexUrl !== undefined) found.PIP_INDEX_URL = pip.indexUrl;
  return { mounts, env: found };
}

/** npm's effective values, asked from npm itself in a folder without a project. A machine without npm has none. */
async function npmSettings(env: HostEnvironment): Promise<{ cafile?: string; registry?: string }> {
  try {
    const { stdout } = await promisify(execFile)('npm', ['config', 'get', 'cafile', 'registry'], {
      cwd: '/',
      env: { ...env, npm_config_update_notifier: 'false' },
      timeout: 15_000,
    });
    const value = (name: string): string | undefined => new RegExp(`^${name}=(.+)$`, 'm').exec(stdout)?.[1]?.trim();
    const cafile = value('cafile');
    const registry = value('registry');
    return {
      ...(cafile === undefined || cafile === 'null' ? {} : { cafile }),
      ...(isPlainUrl(registry) ? { registry } : {}),
    };
  } catch {
    return {}; // no npm, or one that does not answer: set-up commands then go by npm's own defaults
  }
}

async function pipSettings(): Promise<{ cert?: string; indexUrl?: string }> {
  const text = await readFile('/etc/pip.conf', 'utf8').catch(() => '');
  const value = (name: string): string | undefined => new RegExp(`^${name}\\s*[=:]\\s*(\\S+)`, 'm').exec(text)?.[1];
  const cert = value('cert');
  const indexUrl = value('index-url');
  return { ...(cert === undefined ? {} : { cert }), ...(isPlainUrl(indexUrl) ? { indexUrl } : {}) };
}

const isPlainUrl = (text: string | undefined): text is string => {
  const url = text === undefined ? null : URL.parse(text);
  return url !== null && url.username === '' && url.password === '';
};
