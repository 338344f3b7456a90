// The programs a command finds first: Loom's own Node, the machine's npm where it lies elsewhere, and what the operator adds.
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { basename, delimiter, dirname, isAbsolute, join } from 'node:path';
import { LoomError } from '../domain/errors.ts';

const BIN = '/opt/loom/bin';
const SYSTEM_PATH = ['/usr/local/bin', '/usr/bin', '/bin'];

export interface Toolchain {
  readonly mountOptions: readonly string[];
  readonly path: string;
}

export interface ToolchainSource {
  /** The runtime that commands get as `node`. */
  readonly node: string;
  /** Where the host looks for programs; only `npm` is looked for. */
  readonly hostPath: string;
  /** Folders of further programs, for example a JDK's or a Go's `bin`; mounted where they are. */
  readonly folders: readonly string[];
}

/** @throws LoomError CONFIG_INVALID for a tool folder that does not exist. */
export function findToolchain(source: ToolchainSource): Toolchain {
  const options = ['--ro-bind', realpathSync(source.node), `${BIN}/node`];
  const npm = findNpm(source.hostPath);
  if (npm !== null && !npm.startsWith('/usr/')) {
    options.push('--ro-bind', npm, '/opt/loom/npm');
    for (const name of ['npm', 'npx']) options.push('--symlink', `../npm/bin/${name}-cli.js`, `${BIN}/${name}`);
  }
  for (const folder of source.folders) {
    if (!isAbsolute(folder) || !existsSync(folder)) {
      throw new LoomError(
        'CONFIG_INVALID',
        `The tool folder ${folder} (LOOM_SANDBOX_TOOLS) does not exist or is not absolute.`,
        'Give absolute folders that exist, separated by colons, or unset the variable.',
      );
    }
    options.push('--ro-bind', folder, folder);
  }
  const bins = source.folders.map((folder) => (existsSync(join(folder, 'bin')) ? join(folder, 'bin') : folder));
  return { mountOptions: options, path: [BIN, ...bins, ...SYSTEM_PATH].join(':') };
}

/** The folder of the npm package behind the first `npm` on the path. */
function findNpm(hostPath: string): string | null {
  for (const folder of hostPath.split(delimiter)) {
    const candidate = join(folder, 'npm');
    if (!isAbsolute(folder) || !existsSync(candidate)) continue;
    const root = dirname(dirname(realpathSync(candidate)));
    const manifest = join(root, 'package.json');
    if (basename(root) === 'npm' && existsSync(manifest) && readFileSync(manifest, 'utf8').includes('"name": "npm"')) {
      return root;
    }
  }
  return null;
}
