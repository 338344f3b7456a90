// The search itself, whatever the language: first run, candidates by weight, green patches told apart by behaviour, the best one
// confirmed by the real test command in a copy of the workspace.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sameTest } from './command/reports.ts';
import { Scratch, TooLarge } from './command/scratch.ts';
import type { TestRun } from './command/scratch.ts';
import { confidence, documentedFactor, groupByBehaviour } from './confidence.ts';
import type { Evidence } from './confidence.ts';
import { applyEdits } from './edits.ts';
import type { Baseline, Candidate, Engine } from './engine.ts';
import { Rounds } from './rounds.ts';
import { chooseEngines } from './choose-engine.ts';
import type { Alternative, Outcome, RepairEvent, RepairRequest, RepairResult } from './protocol.ts';
import { unifiedDiff } from './unified-diff.ts';

const MAX_CONFIRMATIONS = 6;
const SUSPECTS_SHOWN = 10;

const diffOf = (root: string, candidate: Candidate): string =>
  [...new Set(candidate.edits.map((edit) => edit.file))]
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return unifiedDiff(
        file,
        text,
        applyEdits(
          text,
          candidate.edits.filter((edit) => edit.file === file),
        ),
      );
    })
    .join('');

/** Whether a run with a candidate is as green as it has to be, given the run without it. */
async function confirms(run: TestRun, firstRun: Promise<TestRun>, request: RepairRequest): Promise<boolean> {
  if (run.timedOut) return false;
  const { report } = run;
  // A first run that hangs is not waited for when the command itself says that all is well.
  if (run.code === 0 && (report === undefined || report.failed.size === 0)) return true;
  const before = await firstRun;
  if (report !== undefined) {
    for (const wanted of request.failingTests)
      if ([...report.failed].some((name) => sameTest(name, wanted.name))) return false;
    for (const name of before.report?.passed ?? [])
      if (report.failed.has(name) || (report.passed.size > 0 && !report.passed.has(name))) return false;
  }
  if (run.code === 0) return true;
  // The command may stay red for other reasons; then every name must speak for the candidate.
  if (report === undefined || before.report === undefined || request.failingTests.length === 0) return false;
  return (
    [...report.failed].every((name) => before.report?.failed.has(name)) &&
    report.failed.size < before.report.failed.size
  );
}

/** Finds a repair for the project in `root`, which is left as it is. Never throws for what the project does. */
export async function repair(
  root: string,
  request: RepairRequest,
  emit: (event: RepairEvent) => void,
): Promise<RepairResult> {
  const started = performance.now();
  const deadline = started + request.maxSeconds * 1000;
  let rounds: Rounds | undefined;
  // Two copies: the first run, which may hang, must not see the edits of a confirmation.
  let scratch: Scratch | undefined;
  let original: Scratch | undefined;
  let baseline: Baseline | undefined;
  const finish = (outcome: Outcome, reason: string, more: Partial<RepairResult> = {}): RepairResult => ({
    event: 'result',
    outcome,
    alternatives: [],
    confidence: 0,
    candidates: rounds?.candidates ?? 0,
    evaluations: rounds?.evaluations ?? 0,
    confirmations: (original?.runs ?? 0) + (scratch?.runs ?? 0),
    suspects: baseline?.suspects.slice(0, SUSPECTS_SHOWN) ?? [],
    reason,
    ms: Math.round(performance.now() - started),
    ...more,
  });

  try {
    original = new Scratch(root);
    scratch = new Scratch(root);
  } catch (error) {
    original?.dispose();
    if (error instanceof TooLarge)
      return finish(
        'out_of_depth',
        `${error.message}; repair_search works on smaller projects, or on a part given as the workspace`,
      );
    throw error;
  }
  const copy = scratch;
  const over = new AbortController();
  let engine: Engine | undefined;
  emit({ event: 'phase', phase: 'baseline', detail: request.testCommand });
  const firstRun = original.run(request.testCommand, [], request.testTimeoutMs, over.signal);
  try {
    const problems: string[] = [];
    for (const candidateEngine of chooseEngines(root, request, copy, firstRun)) {
      engine = candidateEngine;
      baseline = await engine.baseline();
      if (baseline.ok) break;
      problems.push(baseline.problem);
      await engine.close();
    }
    if (engine === undefined || baseline === undefined) {
      await firstRun;
      return finish(
        'out_of_depth',
        'no JavaScript, TypeScript or Python tests were found here, and other languages cannot be searched',
      );
    }
    if (!baseline.ok || baseline.failing.length === 0) {
      const before = await firstRun;
      if (before.code === 0) return finish('already_green', `"${request.testCommand}" passes as the project stands`);
      if (before.timedOut && !baseline.ok)
        return finish('out_of_depth', `"${request.testCommand}" did not end within ${request.testTimeoutMs} ms`);
      return finish(
        'cannot_run',
        `${problems.join('; ')}. The last lines of "${request.testCommand}": ${before.output.slice(-400).trim()}`,
      );
    }
    if (baseline.suspects.length === 0)
      return finish(
        'out_of_depth',
        [...problems, 'the failing tests execute no file that may be edited, so there is no place to search'].join(
          '; ',
        ),
      );

    emit({
      event: 'phase',
      phase: 'search',
      detail: `${baseline.failing.length} failing, ${baseline.suspects.length} suspicious places`,
    });
    rounds = new Rounds(engine, request, deadline, emit);
    await rounds.run(baseline.failing.length);
    const { greens } = rounds;
    if (greens.length === 0)
      return finish('not_found', `no small edit turns the failing tests green: ${rounds.reason}`);

    const behaviours = await engine.probe(greens.map((green) => green.candidate));
    const groups = groupByBehaviour(
      greens.map(({ candidate }, i) => {
        const { results, agreed, disagreed } = behaviours[i] ?? { results: [], agreed: 0, disagreed: 0 };
        return { weight: candidate.weight * documentedFactor(agreed, disagreed), behaviour: results };
      }),
    );
    const total = groups.reduce((sum, group) => sum + group.weight, 0);
    let confirmed = 0;
    for (const group of groups) {
      const green = greens[group.members[0] ?? 0];
      if (green === undefined || ++confirmed > MAX_CONFIRMATIONS) break;
      emit({
        event: 'phase',
        phase: 'confirm',
        detail: `${green.candidate.operator} in ${green.candidate.edits[0]?.file}:${green.candidate.line}`,
      });
      const run = await copy.run(request.testCommand, green.candidate.edits, request.testTimeoutMs);
      if (!(await confirms(run, firstRun, request))) continue;
      const others = groups
        .filter((other) => other !== group)
        .flatMap((other): Alternative[] => {
          const rival = greens[other.members[0] ?? 0]?.candidate;
          return rival === undefined
            ? []
            : [
                {
                  operator: rival.operator,
                  file: rival.edits[0]?.file ?? '',
                  line: rival.line,
                  diff: diffOf(root, rival),
                },
              ];
        });
      const { agreed, disagreed } = behaviours[group.members[0] ?? 0] ?? { agreed: 0, disagreed: 0 };
      const evidence: Evidence = {
        share: group.weight / total,
        weight: green.candidate.weight,
        fixed: baseline.failing.length,
        guarded: baseline.passing.length,
        agreed,
        disagreed,
      };
      return finish(
        'repaired',
        others.length === 0 ? 'one repair fits the tests' : `${others.length} other repairs fit the tests as well`,
        {
          patch: {
            edits: green.candidate.edits,
            diff: diffOf(root, green.candidate),
            operator: green.candidate.operator,
          },
          confidence: Number(confidence(evidence).toFixed(3)),
          evidence,
          alternatives: others.slice(0, 5),
        },
      );
    }
    return finish(
      'not_found',
      `${greens.length} candidates turned the failing tests green, but "${request.testCommand}" confirmed none of them`,
    );
  } finally {
    over.abort();
    await engine?.close();
    await firstRun;
    original.dispose();
    copy.dispose();
  }
}
