// The files of one project, read, parsed and resolved once for all candidates; packages and Node's own modules are loaded by Node.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire, isBuiltin, stripTypeScriptTypes } from 'node:module';
import { dirname, extname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { coveragePlan, fuelPlan } from '../instrument.ts';
import type { Instrumentation } from '../instrument.ts';
import { isTypeScript, SCRIPT_FILE } from '../parse.ts';
import { readSource } from '../source.ts';

type Format = 'module' | 'commonjs' | 'json';
export type CommonJs = (exports: unknown, require: unknown, module: unknown, filename: string, dirname: string) => void;

export interface ProjectFile {
  readonly path: string;
  /** Relative to the root, with forward slashes. */
  readonly name: string;
  readonly format: Format;
  readonly text: string;
  /** JavaScript with the offsets of `text`; absent where types cannot be stripped in place. */
  readonly stripped: string | undefined;
  readonly fuel: Instrumentation;
  readonly coverage: Instrumentation;
  readonly base: number;
  compiled?: CommonJs;
}

/** Stand-ins by specifier without "node:". */
export type StandIns = Readonly<Record<string, () => Record<string, unknown> | ((...args: never[]) => unknown)>>;

const EXTENSIONS = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.jsx', '.json'];

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;

function resolveRelative(path: string): string | undefined {
  const bare = path.replace(/\.([cm]?)js(x?)$/, '.$1ts$2');
  for (const base of [path, bare])
    for (const extension of EXTENSIONS) if (isFile(base + extension)) return base + extension;
  for (const extension of EXTENSIONS)
    if (extension !== '' && isFile(join(path, `index${extension}`))) return join(path, `index${extension}`);
  return undefined;
}

/** Files of one project, read, parsed and resolved once for all candidates. */
export class Project {
  readonly root: string;
  readonly standIns: StandIns;
  readonly #files = new Map<string, ProjectFile>();
  readonly #resolved = new Map<string, string>();
  readonly #packages = new Map<string, Record<string, unknown>>();
  readonly #types = new Map<string, string | undefined>();
  /** Next free number of a coverage unit. */
  units = 0;

  constructor(root: string, standIns: StandIns) {
    this.root = root;
    this.standIns = standIns;
  }

  isOwn(path: string): boolean {
    return path.startsWith(this.root + sep) && !path.includes(`${sep}node_modules${sep}`);
  }

  get files(): readonly ProjectFile[] {
    return [...this.#files.values()];
  }

  name(path: string): string {
    return relative(this.root, path).split(sep).join('/');
  }

  file(path: string): ProjectFile {
    const known = this.#files.get(path);
    if (known !== undefined) return known;
    const text = readFileSync(path, 'utf8');
    const name = this.name(path);
    if (!SCRIPT_FILE.test(path)) {
      const file: ProjectFile = { path, name, format: 'json', text, stripped: text, fuel: [], coverage: [], base: 0 };
      this.#files.set(path, file);
      return file;
    }
    const source = readSource(name, text);
    const base = this.units;
    this.units += source.units.length;
    const format = this.#format(path, source.program.sourceType);
    const file: ProjectFile = {
      path,
      name,
      format,
      text,
      stripped: strip(path, text),
      fuel: fuelPlan(source),
      coverage: coveragePlan(source, base),
      base,
    };
    this.#files.set(path, file);
    return file;
  }

  #format(path: string, detected: string): Format {
    const extension = extname(path);
    if (extension === '.mjs' || extension === '.mts') return 'module';
    if (extension === '.cjs' || extension === '.cts') return 'commonjs';
    const type = this.#packageType(dirname(path));
    if (type === 'module' || type === 'commonjs') return type;
    return detected === 'module' ? 'module' : 'commonjs';
  }

  #packageType(dir: string): string | undefined {
    if (this.#types.has(dir)) return this.#types.get(dir);
    const file = join(dir, 'package.json');
    let type: string | undefined;
    if (existsSync(file)) type = (JSON.parse(readFileSync(file, 'utf8')) as { type?: string }).type;
    else if (dir !== this.root && dir !== dirname(dir)) type = this.#packageType(dirname(dir));
    this.#types.set(dir, type);
    return type;
  }

  /** A path, or a bare specifier of Node or of a package. @throws Error when nothing is found. */
  resolve(specifier: string, from: string): string {
    const key = `${from}\0${specifier}`;
    const known = this.#resolved.get(key);
    if (known !== undefined) return known;
    const found = this.#find(specifier, from);
    this.#resolved.set(key, found);
    return found;
  }

  #find(specifier: string, from: string): string {
    const plain = specifier.replace(/^node:/, '');
    if (plain in this.standIns) return plain;
    if (isBuiltin(specifier)) return specifier;
    const native = (): string =>
      createRequire(from).resolve(specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier);
    if (!/^(?:\.|\/|file:)/.test(specifier)) return native();
    try {
      return native();
    } catch (error) {
      // What only a transpiler would find: "./a.js" that is a.ts, a missing extension.
      const path = specifier.startsWith('file:') ? fileURLToPath(specifier) : resolve(dirname(from), specifier);
      const found = resolveRelative(path);
      if (found === undefined) throw error;
      return found;
    }
  }

  /** A module that is not the project's, loaded by Node. */
  async loadPackage(specifier: string, resolved: string, from: string): Promise<Record<string, unknown>> {
    const key = `${resolved}\0esm`;
    const known = this.#packages.get(key);
    if (known !== undefined) return known;
    // The package's import conditions decide here, which `require.resolve` does not know.
    const url = isBuiltin(specifier) ? specifier : import.meta.resolve(specifier, pathToFileURL(from).href);
    const loaded = (await import(url)) as Record<string, unknown>;
    this.#packages.set(key, loaded);
    return loaded;
  }
}

/** TypeScript without its types at the same offsets; undefined where the syntax needs a real transformation. */
function strip(path: string, text: string): string | undefined {
  if (!isTypeScript(path)) return text;
  try {
    return stripTypeScriptTypes(text, { mode: 'strip' });
  } catch {
    return undefined;
  }
}
