// Whether a test of a report is the one that is meant: people and tools name the same test in different ways.
import type { TestResult } from './report.ts';

/** Whether the test has the name, alone or with its suites in the form of any runner, and lies in the file; '' fits every file. */
export function isTest(test: TestResult, named: { readonly file: string; readonly name: string }): boolean {
  return isNamed(test, normalName(named.name)) && isIn(test, named.file);
}

/** Separators of suites, of all runners, are one; so are runs of blanks. */
const normalName = (name: string): string => name.replaceAll(/\s*(?:>|›|::|\/|\.|\s)\s*/g, ' ').trim();

/** The test alone, or with any number of the suites around it. */
function isNamed({ path }: TestResult, wanted: string): boolean {
  return path.some((_, from) => normalName(path.slice(from).join(' ')) === wanted);
}

/** One path has to end with the other: runners name files from different folders. */
function isIn({ file }: TestResult, wanted: string): boolean {
  if (file === undefined || wanted === '') return true;
  const a = segments(file);
  const b = segments(wanted);
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  return short.every((part, index) => part === long[long.length - short.length + index]);
}

const segments = (path: string): string[] => path.split(/[\\/]/).filter((part) => part !== '' && part !== '.');
