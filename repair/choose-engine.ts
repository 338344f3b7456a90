// Which engines to try for a project, the fastest first.
import type { Scratch, TestRun } from './command/scratch.ts';
import type { Engine } from './engine.ts';
import { CommandEngine } from './javascript/command-engine.ts';
import { JavaScriptEngine } from './javascript/engine.ts';
import { SCRIPT_FILE } from './javascript/parse.ts';
import { isJavaScriptTest, isPythonTest, listFiles } from './project-files.ts';
import type { RepairRequest } from './protocol.ts';
import { PythonCommandEngine } from './python/command-engine.ts';
import { PythonEngine } from './python/engine.ts';

/** Engines are made one at a time: the next one only when the one before could not work here. */
export function* chooseEngines(
  root: string,
  request: RepairRequest,
  scratch: Scratch,
  firstRun: Promise<TestRun>,
): Generator<Engine, void, undefined> {
  const named = request.failingTests.map((test) => test.file);
  const javascript =
    named.some((file) => SCRIPT_FILE.test(file)) ||
    (named.every((file) => file === '') && listFiles(root, SCRIPT_FILE).some((file) => isJavaScriptTest(file)));
  if (javascript) {
    yield new JavaScriptEngine(root, request);
    yield new CommandEngine(root, request, scratch, firstRun);
  }
  const python =
    named.some((file) => file.endsWith('.py')) ||
    (named.every((file) => file === '') && listFiles(root, /\.py$/).some((file) => isPythonTest(file)));
  if (python) {
    // In the copy: tests that write files must not change the workspace.
    yield new PythonEngine(scratch.dir, request);
    yield new PythonCommandEngine(root, request, scratch, firstRun);
  }
}
