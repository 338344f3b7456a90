// Words that a wrong string literal may have been meant to be: string literals of the failing tests, and words of comments.

const MAX_WORDS = 200;

const literals = (text: string): string[] =>
  [...text.matchAll(/(['"`])((?:(?!\1)[^\\\n]|\\.){0,60})\1/g)].map((match) => match[2] ?? '');

/** Distinct words, those of the tests first. */
export function vocabulary(tests: readonly string[], sources: readonly string[]): string[] {
  const words = new Set<string>();
  for (const text of tests) for (const word of literals(text)) words.add(word);
  for (const text of sources) {
    for (const comment of text.match(/\/\*[\s\S]*?\*\/|\/\/[^\n]*/g) ?? []) {
      for (const word of literals(comment)) words.add(word);
      for (const word of comment.match(/[A-Za-z][\w-]{3,}/g) ?? []) words.add(word);
    }
  }
  return [...words].slice(0, MAX_WORDS);
}
