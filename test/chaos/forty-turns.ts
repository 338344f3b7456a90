// A run of forty turns with every action of the catalogue: read-only and changing, alone and several in a turn, that succeed,
// that err, that run out of time; and a short one for the action that ends a run in another way.
import { FAILING_TEST, SAMPLE_CHECKS, SAMPLE_PROJECT, type Scenario, call, shell, turn } from './scenario.ts';

const MORE_NOTES = `diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ -1,3 +1,3 @@
 # Notes
-first
+first, patched
 second
--- /dev/null
+++ b/docs/added.txt
@@ -0,0 +1 @@
+added by a patch
`;
const PATCH_THAT_FITS_NOWHERE = '--- a/notes.md\n+++ b/notes.md\n@@ -1 +1 @@\n-not there\n+x\n';

const append = (word: string) => shell(`echo ${word} >> log.txt`);

const BUG = {
  type: 'bug',
  title: 'sum leaves the first value out',
  provider: 'scripted',
  failingTests: [FAILING_TEST],
};

export const FORTY_TURNS: Scenario = {
  name: 'forty turns',
  files: SAMPLE_PROJECT,
  project: SAMPLE_CHECKS,
  bead: BUG,
  script: [
    turn(call('read_tree', { path: '.' })),
    turn(call('read_file', { path: 'package.json' }), call('read_file', { path: 'src/sum.js' })),
    turn(call('search_text', { query: 'total' })),
    turn(call('git_status')),
    turn(shell('cat cache/ready')),
    turn(call('write_file', { path: 'notes.md', content: '# Notes\nfirst\nsecond\n' })),
    turn(call('read_file', { path: '../outside' })),
    turn(shell('echo one >> log.txt; sleep 0.4; echo two >> log.txt')),
    turn(call('edit_file', { path: 'log.txt', old: 'o', new: 'x' })),
    turn(append('three'), append('four'), append('five')),
    turn(call('apply_patch', { patch: MORE_NOTES })),
    turn(call('apply_patch', { patch: PATCH_THAT_FITS_NOWHERE })),
    turn(call('git_diff')),
    turn(call('run_tests')),
    turn(shell('echo said; echo complained >&2; exit 3')),
    turn(call('no_such_action')),
    turn(call('write_file', { path: 'notes.md', content: 7 })),
    turn(shell('echo begun >> log.txt; sleep 30; echo never >> log.txt', { timeout: 1 })),
    turn(call('read_file', { path: 'log.txt' })),
    turn(
      call('write_file', { path: 'a/b/c.txt', content: 'deep\n' }),
      call('read_tree', { path: 'a' }),
      call('edit_file', { path: 'a/b/c.txt', old: 'deep', new: 'deeper' }),
      call('read_file', { path: 'a/b/c.txt' }),
    ),
    turn(shell('mkdir -p bin && echo run > bin/tool && chmod 755 bin/tool && ln -s ../log.txt bin/link')),
    turn(shell('rm -r a && mv bin tools')),
    turn(call('git_status')),
    turn(call('repair_search', { failing_tests: [FAILING_TEST] })),
    turn(call('run_tests')),
    turn(call('git_diff')),
    turn(shell('n=$(wc -l < log.txt); sleep 0.3; echo "had $n lines" >> log.txt')),
    turn(shell('n=$(wc -l < log.txt); sleep 0.3; echo "had $n lines" >> log.txt')),
    turn(call('search_text', { query: 'had [0-9]+', regex: true })),
    turn(append('six'), call('edit_file', { path: 'nowhere.txt', old: 'a', new: 'b' }), append('seven')),
    turn(call('read_tree', { path: 'tools' }), call('git_status')),
    turn(shell('for i in 1 2 3 4 5; do echo "slow $i" >> log.txt; sleep 0.1; done')),
    turn(shell('head -c 200000 /dev/zero | tr "\\0" "z" > large.txt')),
    turn(call('read_file', { path: 'large.txt', range: { start: 2 } })),
    turn(shell('rm large.txt; seq 1 2000')),
    turn(call('run_tests', { pattern: 'sums nothing' })),
    turn(append('eight')),
    turn(call('read_file', { path: 'log.txt' })),
    turn(call('git_diff')),
    turn(call('done', { summary: 'the first value is counted' }), call('escalate', { reason: 'never executed' })),
  ],
};

export const GIVEN_UP: Scenario = {
  name: 'given up',
  files: SAMPLE_PROJECT,
  project: SAMPLE_CHECKS,
  bead: { ...BUG, title: 'sum, given to a person' },
  script: [
    turn(append('looked')),
    turn(shell('echo one >> log.txt; sleep 0.4; echo two >> log.txt')),
    turn(call('escalate', { reason: 'this needs a person' })),
  ],
};
