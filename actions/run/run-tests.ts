// run_tests: the project's own test command, told as tests and not as text.
import { z } from 'zod';
import { cutMiddle } from '../../sandbox/capped-output.ts';
import { statusOf } from '../../test-report/parse-test-run.ts';
import { runTestCommand } from '../../test-report/run-test-command.ts';
import { failed } from '../action.ts';
import { ending } from './command-text.ts';
import type { CommandResult } from '../../sandbox/sandbox.ts';
import type { TestReport } from '../../test-report/report.ts';
import type { Action } from '../action.ts';

const MAX_NAMED = 30;
const MESSAGE_BYTES = 1_200;
const OUTPUT_BYTES = 8 * 1024;

const input = z.strictObject({
  pattern: z.string().min(1).optional().describe("Only tests whose name matches, in the runner's own kind of pattern."),
  framework: z
    .enum(['node:test', 'tap', 'unittest', 'pytest', 'jest', 'vitest', 'mocha'])
    .optional()
    .describe('The test runner, where the test command does not show it.'),
});

/**
 * data: { runner, passed, failed, failing: [{ file?, name, message? }], named: [{ file, name, status }], exitCode, timedOut,
 * durationMs }; passed and failed are null where the output cannot be read. Red tests are a result, not an error.
 */
export const runTests: Action<z.infer<typeof input>> = {
  name: 'run_tests',
  summary: "Runs the project's tests and reports each that fails with file, name and message.",
  class: 'change',
  input,
  async run({ pattern, framework }, { project, bead, workspace, sandbox, signal }) {
    if (project.testCommand === null) {
      return failed(
        'NOT_CONFIGURED',
        'This project names no test command. Use run_command with the command that fits.',
      );
    }
    const { result, report, output, patternIgnored } = await runTestCommand({
      command: project.testCommand,
      workspaceDir: workspace.tree,
      sandbox,
      timeoutMs: project.testTimeoutMs,
      signal,
      ...(pattern === undefined ? {} : { pattern }),
      ...(framework === undefined ? {} : { runner: framework }),
    });
    const named = bead.failingTests.map(({ file, name }) => ({ file, name, status: statusOf(report, { file, name }) }));
    const failing = report.failing.slice(0, MAX_NAMED).map(({ file, name, message }) => ({
      ...(file === undefined ? {} : { file: file.replace(/^\/workspace\//, '') }),
      name,
      ...(message === undefined ? {} : { message: cutMiddle(message, MESSAGE_BYTES).text }),
    }));
    const data = {
      runner: report.runner,
      passed: report.passed,
      failed: report.failed,
      failing,
      named,
      exitCode: result.exitCode,
      timedOut: result.timedOut,
      durationMs: result.durationMs,
    };
    const text = [
      headline(report, result),
      ...(patternIgnored ? ['The pattern could not be handed to this runner: everything was run.'] : []),
      ...failing.map(
        ({ file, name, message }) => `FAIL ${file === undefined ? '' : `${file}: `}${name}${indented(message)}`,
      ),
      ...(report.failing.length > MAX_NAMED ? [`... and ${report.failing.length - MAX_NAMED} more`] : []),
      ...named.map(({ name, status }) => `Named in the bead: ${name}: ${status}`),
      // The report says it all where all tests have run; otherwise the reason is in the output.
      ...(report.complete ? [] : [`--- output ---\n${cutMiddle(output, OUTPUT_BYTES).text}`]),
    ].join('\n');
    return result.timedOut ? { status: 'error', code: 'TIMED_OUT', text, data } : { status: 'ok', text, data };
  },
};

function headline(report: TestReport, result: CommandResult): string {
  if (report.passed === null || report.failed === null) {
    return `The tests ended with ${ending(result)}; which tests ran cannot be read from the output.`;
  }
  return `${report.passed} passed, ${report.failed} failed (${report.runner}, ${ending(result)}).`;
}

const indented = (message: string | undefined): string =>
  message === undefined || message === '' ? '' : `\n${message.replaceAll(/^/gm, '    ')}`;
