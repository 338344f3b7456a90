// The Python process that proposes edits from Python's own syntax tree. It counts code points, the rest of the search UTF-16 units.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Edit } from '../edits.ts';
import type { Candidate } from '../engine.ts';
import { LineProcess } from './line-process.ts';

const SCRIPT = fileURLToPath(new URL('./propose.py', import.meta.url));
const LIMIT_MS = 60_000;
const BATCH = 96;

export interface Proposals {
  /** Suspicion of statements by file: by their numbers in `source.py`'s walk, or by their lines. */
  readonly suspects: Readonly<Record<string, readonly (readonly [statement: number, score: number])[]>>;
  /** Whether `suspects` holds lines. @default false */
  readonly lines?: boolean;
  /** Leaves out what Python cannot parse, at the cost of parsing each. @default false */
  readonly parsed?: boolean;
  readonly kinds: readonly (readonly [file: string, name: string, kinds: readonly string[]])[];
  /** Words that a wrong string may have been meant to be. */
  readonly words: readonly string[];
}

export class Proposer {
  readonly #root: string;
  #process: LineProcess | undefined;
  /** Texts whose characters are not all one UTF-16 unit. */
  readonly #wide = new Map<string, string | undefined>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Candidates in falling order of weight. @throws ProcessLost when the proposing process ends. */
  async *candidates(proposals: Proposals): AsyncGenerator<Candidate, void, undefined> {
    this.#process = new LineProcess('python3', [SCRIPT], this.#root);
    await this.#process.ask({ type: 'open', root: this.#root, ...proposals }, LIMIT_MS, () => true);
    for (;;) {
      let batch: Candidate[] = [];
      await this.#process.ask({ type: 'next', count: BATCH }, LIMIT_MS, (line) => {
        batch = JSON.parse(line) as Candidate[];
        return true;
      });
      if (batch.length === 0) return;
      for (const candidate of batch)
        yield { ...candidate, edits: candidate.edits.map((edit) => this.#move(edit, utf16)) };
    }
  }

  /** The same edits, counted as Python counts. */
  toCodePoints(edits: readonly Edit[]): Edit[] {
    return edits.map((edit) => this.#move(edit, codePoints));
  }

  stop(): void {
    this.#process?.stop();
  }

  #move(edit: Edit, offset: (text: string, at: number) => number): Edit {
    if (!this.#wide.has(edit.file)) {
      const text = readFileSync(join(this.#root, edit.file), 'utf8');
      this.#wide.set(edit.file, /[\u{10000}-\u{10ffff}]/u.test(text) ? text : undefined);
    }
    const text = this.#wide.get(edit.file);
    return text === undefined ? edit : { ...edit, start: offset(text, edit.start), end: offset(text, edit.end) };
  }
}

const codePoints = (text: string, at: number): number => Array.from(text.slice(0, at)).length;
const utf16 = (text: string, at: number): number => Array.from(text).slice(0, at).join('').length;
