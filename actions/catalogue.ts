// What agents are offered, by name, and what each name is bound to. The two lists are compared at start.
import { applyPatch } from './edits/apply-patch.ts';
import { editFile } from './edits/edit-file.ts';
import { writeFile } from './edits/write-file.ts';
import { done } from './end/done.ts';
import { escalate } from './end/escalate.ts';
import { readFile } from './files/read-file.ts';
import { readTree } from './files/read-tree.ts';
import { searchText } from './files/search-text.ts';
import { gitDiff } from './git/git-diff.ts';
import { gitStatus } from './git/git-status.ts';
import { repairSearch } from './repair/repair-search.ts';
import { runCommand } from './run/run-command.ts';
import { runTests } from './run/run-tests.ts';
import type { Action } from './action.ts';

export const CATALOGUE = [
  'read_file',
  'read_tree',
  'search_text',
  'write_file',
  'edit_file',
  'apply_patch',
  'run_command',
  'run_tests',
  'git_status',
  'git_diff',
  'repair_search',
  'done',
  'escalate',
] as const;

export const IMPLEMENTATIONS: readonly Action<unknown>[] = [
  readFile,
  readTree,
  searchText,
  writeFile,
  editFile,
  applyPatch,
  runCommand,
  runTests,
  gitStatus,
  gitDiff,
  repairSearch,
  done,
  escalate,
];
