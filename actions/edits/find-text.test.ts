import { describe, expect, test } from '@jest/globals';
import { findText, likelyLines, reindent } from './find-text.ts';

const TEXT = [
  'function a() {',
  '\treturn 1;   ',
  '}',
  '',
  'function b() {',
  '    const  x = 2;',
  '    return x;',
  '}',
  '',
].join('\n');

const found = (old: string): string | null => {
  const result = findText(TEXT, old);
  if (result === null) return null;
  const places = result.matches.map(({ start, end }) => JSON.stringify(TEXT.slice(start, end)));
  return `${result.tier} ${places.join(' ')}`;
};

describe('findText', () => {
  test.each([
    ['return x', 'exact "return x"'],
    ['}\n', 'exact "}\\n" "}\\n"'],
    ['\treturn 1;\n}', 'trailing-space "\\treturn 1;   \\n}"'],
    ['    const x = 2;\n    return x;', 'whitespace "    const  x = 2;\\n    return x;"'],
    ['const x = 2;\nreturn x;', 'indentation "    const  x = 2;\\n    return x;"'],
    ['\n\nconst x = 2;\nreturn x;\n', 'indentation "    const  x = 2;\\n    return x;"'],
    [
      'function b() {\n    const x = 3;\n    return x;\n}',
      'anchors "function b() {\\n    const  x = 2;\\n    return x;\\n}"',
    ],
  ])('%j is %s', (old, expected) => {
    expect(found(old)).toBe(expected);
  });

  test('a text that is not there is not found, however much alike', () => {
    expect(found('return y')).toBeNull();
    expect(found('function a() {\n  while (true) {}\n  throw 1;\n}')).toBeNull();
  });

  test('a stricter tier that finds something keeps the looser ones out', () => {
    expect(findText('  a\na\n', 'a')?.tier).toBe('exact');
    expect(findText('  a b\n a  b\n', 'a  b')?.matches).toHaveLength(1);
  });

  test('all places of a tier are told, with their lines', () => {
    expect(findText('x\n\tfoo( )\ny\n  foo( )\n', '    foo( )')?.matches.map(({ fromLine }) => fromLine)).toEqual([
      2, 4,
    ]);
    expect(findText('aXbX\nX', 'X')?.matches.map(({ fromLine, toLine }) => [fromLine, toLine])).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
  });
});

describe('reindent', () => {
  test('moves the new lines to where the old ones stood', () => {
    expect(reindent('if (x) {\n  y();\n}', 'a();', '    a();', 'indentation')).toBe('    if (x) {\n      y();\n    }');
    expect(reindent('  b', '  a', '\ta', 'indentation')).toBe('\tb');
  });

  test('leaves them alone where the place was found as it was given', () => {
    expect(reindent('b', 'a', '  a', 'exact')).toBe('b');
  });
});

test('likelyLines points to lines that have most words in common', () => {
  expect(likelyLines(TEXT, 'const x = 3;')).toEqual([6, 7]);
  expect(likelyLines(TEXT, 'nothing of the kind')).toEqual([]);
});
