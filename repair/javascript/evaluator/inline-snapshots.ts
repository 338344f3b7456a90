// Snapshots that stand in the test itself, compared as text without the indentation that the editor gave them. Snapshots in files are left
// to the real runner: a test that uses one fails here, and the search then leaves it out or goes by real runs.
type Fn = (...args: unknown[]) => unknown;

interface Chai {
  readonly Assertion: unknown;
}
interface Utils {
  readonly addMethod: (target: unknown, name: string, method: (this: object, ...args: unknown[]) => void) => void;
  readonly flag: (of: object, name: string) => unknown;
}

/** Without blank lines at both ends and without the indentation that all lines share. */
export function dedent(text: string): string {
  const lines = text
    .replaceAll('\r\n', '\n')
    .replace(/^[ \t]*\n/, '')
    .replace(/\n[ \t]*$/, '')
    .split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)?.[0].length ?? 0);
  const shared = indents.reduce((least, indent) => Math.min(least, indent), Number.POSITIVE_INFINITY);
  return lines
    .map((line) => line.slice(Math.min(shared, line.length)))
    .join('\n')
    .trim();
}

const thrownBy = (act: unknown): unknown => {
  if (typeof act !== 'function') return act;
  try {
    (act as () => unknown)();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

/** A plugin for chai. @param format prints a value as the runner's snapshots do. */
export function inlineSnapshots(
  format: Fn,
  plugins: Readonly<Record<string, unknown>>,
): (chai: unknown, utils: unknown) => void {
  const serializers = [
    'ReactTestComponent',
    'ReactElement',
    'DOMElement',
    'DOMCollection',
    'Immutable',
    'AsymmetricMatcher',
  ]
    .map((name) => plugins[name])
    .filter((plugin) => plugin !== undefined);
  const print = (value: unknown): string =>
    String(
      format(value, {
        escapeRegex: true,
        escapeString: false,
        printFunctionName: false,
        printBasicPrototype: false,
        plugins: serializers,
      }),
    );
  return (chai, utils) => {
    const { Assertion } = chai as Chai;
    const { addMethod, flag } = utils as Utils;
    const { prototype } = Assertion as { prototype: object };
    const compare = (shown: string, args: readonly unknown[]): void => {
      const wanted = args.find((arg) => typeof arg === 'string');
      if (wanted === undefined || dedent(shown) !== dedent(wanted)) throw new Error('the inline snapshot differs');
    };
    addMethod(prototype, 'toMatchInlineSnapshot', function (...args) {
      compare(print(flag(this, 'object')), args);
    });
    addMethod(prototype, 'toThrowErrorMatchingInlineSnapshot', function (...args) {
      const error = flag(this, 'promise') === undefined ? thrownBy(flag(this, 'object')) : flag(this, 'object');
      compare(print(error), args);
    });
  };
}
