import { expect, test } from '@jest/globals';
import { narrowCommands } from './narrow-commands.ts';

const failing = [
  { file: 'tests/test_cart.py', name: 'TestCart::test_reduces[ten-180]' },
  { file: 'tests/test_cart.py', name: 'test_total' },
];

test('keeps the interpreter of the project, and tells the failing tests from the others', () => {
  expect(narrowCommands('.venv/bin/python -m pytest --cov=src tests', failing)).toEqual([
    {
      wanted: ".venv/bin/python -m pytest -p no:cacheprovider 'tests/test_cart.py' -k 'test_reduces or test_total'",
      others:
        ".venv/bin/python -m pytest -p no:cacheprovider 'tests/test_cart.py' -k 'not (test_reduces or test_total)'",
    },
  ]);
});
test('selects by name where unittest runs', () => {
  expect(narrowCommands('python3 -m unittest discover -s tests', failing)).toEqual([
    { wanted: "python3 -m unittest discover -k 'test_reduces' -k 'test_total'" },
  ]);
});
test('tries both runners where the command does not tell', () => {
  expect(narrowCommands('make test', failing).map(({ wanted }) => wanted.split(' -')[1])).toEqual([
    'm pytest',
    'm unittest',
  ]);
});
test('gives nothing for names that no runner could select', () => {
  expect(narrowCommands('pytest', [{ file: '', name: 'adds up; rm -rf /' }])).toEqual([]);
});
