// A run of seven turns that reads, writes, runs commands and tests, and mends a bug.
import { FAILING_TEST, SAMPLE_CHECKS, SAMPLE_PROJECT, type Scenario, call, shell, turn } from './scenario.ts';

export const SHORT_RUN: Scenario = {
  name: 'short run',
  files: SAMPLE_PROJECT,
  project: SAMPLE_CHECKS,
  bead: {
    type: 'bug',
    title: 'sum leaves the first value out',
    provider: 'scripted',
    failingTests: [FAILING_TEST],
  },
  script: [
    turn(call('read_file', { path: 'src/sum.js' }), call('search_text', { query: 'total' })),
    turn(call('write_file', { path: 'notes.md', content: '# Notes\n' })),
    turn(shell('cat cache/ready; echo one >> log.txt; sleep 0.5; echo two >> log.txt')),
    turn(call('run_tests')),
    turn(
      call('edit_file', { path: 'src/sum.js', old: 'let i = 1', new: 'let i = 0' }),
      shell('echo three >> log.txt'),
      call('git_diff'),
    ),
    turn(shell('n=$(wc -l < log.txt); sleep 0.3; echo "had $n lines" >> log.txt')),
    turn(call('done', { summary: 'the first value is counted' })),
  ],
};
