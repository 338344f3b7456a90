// Text as it lies in a file. Decoding and encoding are inverse, so whatever an edit does not touch keeps its bytes.
import { failed } from './action.ts';
import type { ActionResult } from './action.ts';

type Encoding = 'utf8' | 'utf16le' | 'utf16be' | 'latin1';

export interface TextFile {
  readonly text: string;
  readonly encoding: Encoding;
  /** A byte order mark stood before the text; it is not part of it. */
  readonly mark: boolean;
}

/** Null for binary content: a NUL that is not half of a UTF-16 character. */
export function decodeText(bytes: Buffer): TextFile | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe && bytes.length % 2 === 0) {
    return { text: bytes.subarray(2).toString('utf16le'), encoding: 'utf16le', mark: true };
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff && bytes.length % 2 === 0) {
    return { text: Buffer.from(bytes.subarray(2)).swap16().toString('utf16le'), encoding: 'utf16be', mark: true };
  }
  if (bytes.includes(0)) return null;
  const mark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const body = mark ? bytes.subarray(3) : bytes;
  const text = body.toString('utf8');
  // What is not UTF-8 is taken byte by byte, which any 8-bit encoding survives.
  return Buffer.from(text, 'utf8').equals(body)
    ? { text, encoding: 'utf8', mark }
    : { text: bytes.toString('latin1'), encoding: 'latin1', mark: false };
}

/** Null where the text holds a character that the file's encoding does not have. */
export function encodeText({ text, encoding, mark }: TextFile): Buffer | null {
  switch (encoding) {
    case 'utf8':
      return Buffer.from((mark ? '\uFEFF' : '') + text, 'utf8');
    case 'utf16le':
      return Buffer.from(`\uFEFF${text}`, 'utf16le');
    case 'utf16be':
      return Buffer.from(`\uFEFF${text}`, 'utf16le').swap16();
    case 'latin1': {
      const bytes = Buffer.from(text, 'latin1');
      return bytes.toString('latin1') === text ? bytes : null;
    }
  }
}

export const notText = (path: string): ActionResult =>
  failed('NOT_TEXT', `${path} is a binary file; only text can be read and edited.`, { path });
