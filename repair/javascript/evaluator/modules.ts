// Loads the project's modules from memory, so that a candidate is a replaced text and a fresh graph. ES modules and CommonJS; TypeScript
// by stripping its types, which keeps offsets.
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import vm from 'node:vm';
import type { Edit } from '../../edits.ts';
import { applyEdits } from '../../edits.ts';
import { fuelPlan, instrumentText } from '../instrument.ts';
import { isTypeScript } from '../parse.ts';
import { readSource } from '../source.ts';
import type { CommonJs, Project } from './project.ts';

const BRINGS_LOOPS = /\b(?:for|while|do|function)\b|=>/;

/** A wrapper that is put between a test file and a source it imports; used to record calls. */
export type Wrap = (file: string, exported: Record<string, unknown>) => Record<string, unknown>;

/** One run's modules: each is evaluated at most once here, and nothing is shared with another graph. */
export class Graph {
  readonly #project: Project;
  readonly #edits: readonly Edit[];
  readonly #mode: 'fuel' | 'coverage';
  readonly #wrap: { readonly from: string; readonly wrap: Wrap } | undefined;
  readonly #modules = new Map<string, vm.Module>();
  readonly #commonjs = new Map<string, { exports: unknown }>();
  readonly #unlinked: { module: vm.SourceTextModule; path: string }[] = [];

  constructor(
    project: Project,
    edits: readonly Edit[],
    mode: 'fuel' | 'coverage',
    wrap?: { readonly from: string; readonly wrap: Wrap },
  ) {
    this.#project = project;
    this.#edits = edits;
    this.#mode = mode;
    this.#wrap = wrap;
  }

  /** The project's own files that were loaded. */
  get loaded(): string[] {
    return [...this.#modules.keys(), ...this.#commonjs.keys()]
      .filter((path) => this.#project.isOwn(path))
      .map((path) => this.#project.name(path));
  }

  /** Loads a file and everything it imports. @returns its exports. @throws whatever its code throws. */
  async load(path: string): Promise<Record<string, unknown>> {
    if (this.#project.file(path).format !== 'module') return this.#require(path) as Record<string, unknown>;
    const module = await this.#build(path);
    await this.#evaluate(module);
    return module.namespace as Record<string, unknown>;
  }

  async #evaluate(module: vm.Module): Promise<void> {
    // Linking can discover further files, so it goes on until none is left.
    for (let item = this.#unlinked.pop(); item !== undefined; item = this.#unlinked.pop()) {
      const { module: each, path } = item;
      const dependencies: vm.Module[] = [];
      for (const request of each.moduleRequests) dependencies.push(await this.#import(request.specifier, path));
      each.linkRequests(dependencies);
    }
    if (module.status === 'unlinked' || module.status === 'linking') (module as vm.SourceTextModule).instantiate();
    await module.evaluate();
  }

  async #import(specifier: string, from: string): Promise<vm.Module> {
    const resolved = this.#project.resolve(specifier, from);
    const module = await this.#importResolved(specifier, resolved, from);
    if (this.#wrap?.from !== from || !this.#project.isOwn(resolved)) return module;
    await this.#evaluate(module);
    return synthetic(
      this.#wrap.wrap(this.#project.name(resolved), { ...(module.namespace as Record<string, unknown>) }),
    );
  }

  async #importResolved(specifier: string, resolved: string, from: string): Promise<vm.Module> {
    const known = this.#modules.get(resolved);
    if (known !== undefined) return known;
    const standIn = this.#project.standIns[resolved];
    if (standIn !== undefined) return this.#keep(resolved, synthetic(asNamespace(standIn())));
    if (!this.#project.isOwn(resolved))
      return this.#keep(resolved, synthetic(await this.#project.loadPackage(specifier, resolved, from)));
    const file = this.#project.file(resolved);
    if (file.format === 'json') return this.#keep(resolved, synthetic({ default: JSON.parse(file.text) as unknown }));
    if (file.format === 'commonjs')
      return this.#keep(resolved, synthetic(asNamespace(this.#require(resolved) as Record<string, unknown>)));
    return this.#build(resolved);
  }

  #keep(path: string, module: vm.Module): vm.Module {
    this.#modules.set(path, module);
    return module;
  }

  async #build(path: string): Promise<vm.SourceTextModule> {
    const make = (code: string): vm.SourceTextModule =>
      new vm.SourceTextModule(code, {
        identifier: path,
        initializeImportMeta: (meta) => {
          const own = meta as unknown as Record<string, unknown>;
          own.url = pathToFileURL(path).href;
          own.filename = path;
          own.dirname = dirname(path);
          own.resolve = (specifier: string) => pathToFileURL(this.#project.resolve(specifier, path)).href;
        },
        importModuleDynamically: (async (specifier: string) => {
          const module = await this.#import(specifier, path);
          await this.#evaluate(module);
          return module;
        }) as never,
      });
    const module = this.#compile(path, make);
    this.#modules.set(path, module);
    this.#unlinked.push({ module, path });
    return module;
  }

  /** Compiles the file's text with its edits; a replacement that holds types is only understood on the second try. */
  #compile<T>(path: string, make: (code: string) => T): T {
    const file = this.#project.file(path);
    const edits = this.#edits.filter((edit) => edit.file === file.name);
    if (edits.some((edit) => BRINGS_LOOPS.test(edit.replacement))) return make(this.#reparsed(path, file.text, edits));
    const plan = this.#mode === 'coverage' ? file.coverage : file.fuel;
    if (file.stripped !== undefined) {
      try {
        return make(instrumentText(file.stripped, plan, edits));
      } catch (error) {
        if (!isTypeScript(path) || edits.length === 0) throw error;
      }
      return make(stripTypeScriptTypes(instrumentText(file.text, plan, edits), { mode: 'strip' }));
    }
    return make(stripTypeScriptTypes(instrumentText(file.text, plan, edits), { mode: 'transform' }));
  }

  /** Loops and functions that an edit brings along need fuel of their own, which the plan of the original text cannot give. */
  #reparsed(path: string, text: string, edits: readonly Edit[]): string {
    const edited = applyEdits(text, edits);
    const code = instrumentText(edited, fuelPlan(readSource(path, edited)), []);
    return isTypeScript(path) ? stripTypeScriptTypes(code, { mode: 'transform' }) : code;
  }

  #require(path: string): unknown {
    const known = this.#commonjs.get(path);
    if (known !== undefined) return known.exports;
    const file = this.#project.file(path);
    const module = { exports: {} as unknown, filename: path, id: path, loaded: false, children: [], paths: [] };
    this.#commonjs.set(path, module);
    if (file.format === 'json') {
      module.exports = JSON.parse(
        applyEdits(
          file.text,
          this.#edits.filter((edit) => edit.file === file.name),
        ),
      );
      return module.exports;
    }
    if (file.format === 'module')
      throw new Error(
        `${file.name} is an ES module and is required from CommonJS, which cannot be evaluated in process`,
      );
    const edited = this.#mode === 'coverage' || this.#edits.some((edit) => edit.file === file.name);
    const compile = (): CommonJs =>
      this.#compile(
        path,
        (code) =>
          vm.compileFunction(code.replace(/^#!/, '//'), ['exports', 'require', 'module', '__filename', '__dirname'], {
            filename: path,
            importModuleDynamically: (async (specifier: string) => this.#import(specifier, path)) as never,
          }) as unknown as CommonJs,
      );
    // The compiled function of an unchanged file serves all graphs: only running it makes a module.
    const run = edited ? compile() : (file.compiled ??= compile());
    const native = createRequire(path);
    const require = (specifier: string): unknown => {
      const resolved = this.#project.resolve(specifier, path);
      const standIn = this.#project.standIns[resolved];
      if (standIn !== undefined) return standIn();
      if (!this.#project.isOwn(resolved)) return native(specifier) as unknown;
      const exported = this.#require(resolved);
      return this.#wrap?.from === path
        ? this.#wrap.wrap(this.#project.name(resolved), exported as Record<string, unknown>)
        : exported;
    };
    Object.assign(require, { resolve: native.resolve, cache: native.cache, main: module });
    run.call(module.exports, module.exports, require, module, path, dirname(path));
    module.loaded = true;
    return module.exports;
  }
}

const asNamespace = (exported: Record<string, unknown> | ((...args: never[]) => unknown)): Record<string, unknown> => {
  const named =
    typeof exported === 'object' && exported !== null
      ? exported
      : typeof exported === 'function'
        ? { ...(exported as unknown as Record<string, unknown>) }
        : {};
  return { ...named, default: exported };
};

function synthetic(exported: Record<string, unknown>): vm.SyntheticModule {
  const names = Object.keys(exported);
  const module = new vm.SyntheticModule(names, function set(this: vm.SyntheticModule) {
    for (const name of names) this.setExport(name, exported[name]);
  });
  return module;
}
