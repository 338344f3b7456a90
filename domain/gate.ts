// The gate's judgement over facts that its runner has gathered. A fact that could not be established refuses.
import type { FailingTest } from './bead.ts';

/** One run of the checks in a clean checkout. */
export interface CheckRun {
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly durationMs: number;
  /** Last lines of the output, for people. At most 4 kB. */
  readonly tail: string;
}

export type TestStatus = 'pass' | 'fail' | 'absent' | 'unknown';

export interface GateFacts {
  readonly bead: { readonly isBug: boolean; readonly failingTests: readonly FailingTest[] };
  /** Protected paths that the candidate changes, adds or removes. */
  readonly protectedTouched: readonly string[];
  /** The target branch as it stands, with its own tests; null where the bead claims no bug. */
  readonly before: (CheckRun & { readonly named: readonly TestStatus[]; readonly passed: number | null }) | null;
  /** The candidate with tests and protected files restored from the target branch. */
  readonly after: CheckRun & { readonly named: readonly TestStatus[]; readonly passed: number | null };
}

export type GateReason =
  | 'checks-failed'
  | 'checks-timed-out'
  | 'already-green'
  | 'named-test-not-red-before'
  | 'named-test-not-green-after'
  | 'fewer-tests-passed'
  | 'protected-path-touched'
  | 'not-mergeable'
  | 'empty-change'
  | 'setup-failed';

export interface GateVerdict {
  readonly pass: boolean;
  readonly reasons: readonly { readonly reason: GateReason; readonly detail: string }[];
  /** What was run, shortened for history, row and event. */
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly durationMs: number }[];
}

/** Named tests whose status is `unknown` (a runner whose output cannot be read) are judged by the exit status alone. */
export function judge(facts: GateFacts): GateVerdict {
  const reasons: { reason: GateReason; detail: string }[] = [];
  const named = facts.bead.failingTests;
  const { before, after } = facts;
  if (before !== null) {
    if (before.exitCode === 0) {
      reasons.push({ reason: 'already-green', detail: 'the checks pass on the target branch without this change' });
    }
    named.forEach((test, index) => {
      if (before.named[index] === 'pass') {
        reasons.push({
          reason: 'named-test-not-red-before',
          detail: `${test.file}: "${test.name}" passes without this change`,
        });
      }
    });
  }
  if (facts.protectedTouched.length > 0) {
    reasons.push({ reason: 'protected-path-touched', detail: listed(facts.protectedTouched) });
  }
  if (after.timedOut) {
    reasons.push({ reason: 'checks-timed-out', detail: `no end after ${after.durationMs} ms` });
  } else if (after.exitCode !== 0) {
    reasons.push({ reason: 'checks-failed', detail: lastLines(after.tail) });
  }
  named.forEach((test, index) => {
    const status = after.named[index];
    if (status === 'fail' || status === 'absent') {
      const what = status === 'fail' ? 'still fails' : 'did not run';
      reasons.push({ reason: 'named-test-not-green-after', detail: `${test.file}: "${test.name}" ${what}` });
    }
  });
  if (before !== null && before.passed !== null && (after.passed === null || after.passed < before.passed)) {
    reasons.push({
      reason: 'fewer-tests-passed',
      detail: `${before.passed} tests passed before, ${after.passed ?? 'none readable'} after`,
    });
  }
  return {
    pass: reasons.length === 0,
    reasons,
    checks: [
      ...(before === null ? [] : [{ name: 'red before', ok: before.exitCode !== 0, durationMs: before.durationMs }]),
      { name: 'green after', ok: after.exitCode === 0 && !after.timedOut, durationMs: after.durationMs },
    ],
  };
}

/** A refusal that was established without running anything. */
export function refuse(reason: GateReason, detail: string): GateVerdict {
  return { pass: false, reasons: [{ reason, detail }], checks: [] };
}

/** The verdict in one line, for rows, events and the next attempt's first message. */
export function explain(verdict: GateVerdict): string {
  return verdict.pass ? 'passed' : verdict.reasons.map(({ reason, detail }) => `${reason}: ${detail}`).join('; ');
}

const listed = (paths: readonly string[]): string =>
  paths.length <= 5 ? paths.join(', ') : `${paths.slice(0, 5).join(', ')} and ${paths.length - 5} more`;

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-8).join('\n');
