// The files of a project that matter to a repair: sources and tests, not what was installed or built.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';

const SKIPPED = /^(?:node_modules|dist|build|out|coverage|venv|__pycache__|target|vendor)$|^\./;
const MAX_FILES = 20_000;

/** Paths relative to `root` with forward slashes, sorted, at most MAX_FILES. */
export function listFiles(root: string, wanted: RegExp): string[] {
  const out: string[] = [];
  const visit = (dir: string): void => {
    const entries = readdirSync(join(root, dir), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (SKIPPED.test(entry.name) || out.length >= MAX_FILES) continue;
      const path = dir === '' ? entry.name : `${dir}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile() && wanted.test(entry.name)) out.push(path);
    }
  };
  visit('');
  return out;
}

/** A predicate over paths; no globs match nothing. */
export function globs(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.length === 0) return () => false;
  const match = picomatch([...patterns], { dot: true });
  return (path) => match(path);
}

/** Where `node --test` and the usual runners look for tests. */
export const isJavaScriptTest = (path: string): boolean =>
  /\.(?:test|spec)\.[cm]?[jt]sx?$/.test(path) ||
  /(?:^|\/)(?:test|tests|__tests__)\/.*\.[cm]?[jt]sx?$/.test(path) ||
  /(?:^|\/)test(?:-[^/]*)?\.[cm]?[jt]s$|[-_]test\.[cm]?[jt]s$/.test(path);

export const isPythonTest = (path: string): boolean =>
  /(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest)\.py$/.test(path) || /(?:^|\/)tests?\//.test(path);
