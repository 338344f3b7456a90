// A copy of the workspace in which the real test command runs, so that the workspace keeps its files and gets no junk.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Edit } from '../edits.ts';
import { applyEdits } from '../edits.ts';
import { runCommand } from './process-group.ts';
import type { CommandResult } from './process-group.ts';
import { parseReport } from './reports.ts';
import type { TestReport } from './reports.ts';

/** Installed or generated, and as large as they like: linked instead of copied. */
const LINKED = new Set(['node_modules', '.venv', 'venv']);
const LEFT_OUT = new Set(['.git', '__pycache__', 'coverage', '.nyc_output']);
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_ENTRIES = 20_000;

export class TooLarge extends Error {}

function measure(dir: string, sum: { bytes: number; entries: number }): void {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (LINKED.has(entry.name) || LEFT_OUT.has(entry.name)) continue;
    const path = join(dir, entry.name);
    if (++sum.entries > MAX_ENTRIES) throw new TooLarge(`the project has more than ${MAX_ENTRIES} files`);
    if (entry.isDirectory()) measure(path, sum);
    else if (entry.isFile()) sum.bytes += lstatSync(path).size;
    if (sum.bytes > MAX_BYTES) throw new TooLarge(`the project holds more than ${MAX_BYTES / 1024 / 1024} MB`);
  }
}

export interface TestRun extends CommandResult {
  readonly report: TestReport | undefined;
}

/** A copy of a workspace; `dispose` removes it. */
export class Scratch {
  readonly dir: string;
  readonly #home: string;
  readonly #workspace: string;
  #changed = new Set<string>();
  #runs = 0;

  /** @throws TooLarge when a copy would not fit a small temporary folder. */
  constructor(workspace: string) {
    measure(workspace, { bytes: 0, entries: 0 });
    this.#workspace = workspace;
    this.#home = mkdtempSync(join(tmpdir(), 'loom-repair-'));
    this.dir = join(this.#home, 'project');
    cpSync(workspace, this.dir, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (from, to) => {
        const kind = lstatSync(from);
        // Pipes, sockets and devices cannot be copied and have no place in a project.
        if (!kind.isFile() && !kind.isDirectory() && !kind.isSymbolicLink()) return false;
        const name = from === workspace ? '' : (from.split('/').at(-1) ?? '');
        if (LEFT_OUT.has(name)) return false;
        if (!LINKED.has(name)) return true;
        symlinkSync(from, to);
        return false;
      },
    });
  }

  get runs(): number {
    return this.#runs;
  }

  /** Runs the test command with these edits applied to the original files. */
  async run(
    command: string,
    edits: readonly Edit[],
    timeoutMs: number,
    signal?: AbortSignal,
    env: NodeJS.ProcessEnv = {},
  ): Promise<TestRun> {
    for (const file of this.#changed) writeFileSync(join(this.dir, file), readFileSync(join(this.#workspace, file)));
    this.#changed = new Set(edits.map((edit) => edit.file));
    for (const file of this.#changed) {
      const text = readFileSync(join(this.#workspace, file), 'utf8');
      writeFileSync(
        join(this.dir, file),
        applyEdits(
          text,
          edits.filter((edit) => edit.file === file),
        ),
      );
    }
    const destination = join(this.#home, `report-${++this.#runs}.tap`);
    const options =
      `${process.env.NODE_OPTIONS ?? ''} --test-reporter=tap --test-reporter-destination=${destination}`.trim();
    const result = await runCommand(command, {
      cwd: this.dir,
      timeoutMs,
      env: { NODE_OPTIONS: options, PYTHONDONTWRITEBYTECODE: '1', CI: '1', ...env },
      ...(signal === undefined ? {} : { signal }),
    });
    const tap = existsSync(destination) ? readFileSync(destination, 'utf8') : '';
    return { ...result, report: (tap === '' ? undefined : parseReport(tap)) ?? parseReport(result.output) };
  }

  dispose(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}
