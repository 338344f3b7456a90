// JavaScript and TypeScript text to a Babel tree whose offsets are those of the text.
import { parse } from '@babel/parser';
import type { File } from '@babel/types';

export const SCRIPT_FILE = /\.(?:[cm]?[jt]s|[jt]sx)$/;

export const isTypeScript = (file: string): boolean => /\.(?:[cm]?ts|tsx)$/.test(file);

/** @throws SyntaxError with the position where the text cannot be read. */
export function parseModule(file: string, text: string): File {
  const typescript = isTypeScript(file);
  return parse(text, {
    sourceType: /\.cjs$|\.cts$/.test(file) ? 'script' : 'unambiguous',
    allowReturnOutsideFunction: true,
    allowAwaitOutsideFunction: true,
    allowSuperOutsideMethod: true,
    allowUndeclaredExports: true,
    attachComment: false,
    plugins: [
      ...(typescript ? (['typescript'] as const) : []),
      ...(file.endsWith('x') || !typescript ? (['jsx'] as const) : []),
    ],
  });
}
