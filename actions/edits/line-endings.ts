// Models write line feeds; files have what they have. Positions in a text with line feeds only map back to the file's own.

export interface Unified {
  /** The text with every CR LF as LF. */
  readonly text: string;
  /** Offset in the original of an offset in `text`. */
  toOriginal(offset: number): number;
  /** The same text with the line ending that the file uses most. */
  fromUnified(text: string): string;
}

export function unifyLineEndings(original: string): Unified {
  const removed: number[] = []; // offsets, in the unified text, of the line feeds that had a carriage return before them
  const text = original.replaceAll('\r\n', (_, at: number) => {
    removed.push(at - removed.length);
    return '\n';
  });
  const plain = text.split('\n').length - 1 - removed.length;
  const ending = removed.length > plain ? '\r\n' : '\n';
  return {
    text,
    toOriginal(offset) {
      let low = 0;
      let high = removed.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((removed[middle] ?? 0) < offset) low = middle + 1;
        else high = middle;
      }
      return offset + low;
    },
    fromUnified: (replacement) => (ending === '\n' ? replacement : replacement.replaceAll('\n', ending)),
  };
}
