// Full names for results that are listed children first, parents after, each with its depth.

/** The path of each entry: the names of its parents and its own. The parent of an entry is the next one that lies less deep. */
export function nestedPath(entries: readonly { readonly name: string; readonly nesting: number }[]): string[][] {
  const paths: string[][] = [];
  const parents: string[] = [];
  for (const { name, nesting } of entries.toReversed()) {
    parents.length = Math.min(parents.length, nesting);
    parents[nesting] = name;
    paths.push(parents.filter((parent) => parent !== undefined));
  }
  return paths.reverse();
}
