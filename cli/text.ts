// How things are shown to people: columns without ornaments, control characters from strangers made harmless.

/** Titles and outputs are anybody's text; a terminal would obey what is in them. */
export const harmless = (text: string): string =>
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  text.replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '\u{fffd}');

/** Rows below headings, each column as wide as it needs, the last one cut at `width`. Empty for no rows. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  width = screenWidth(),
): string {
  if (rows.length === 0) return '';
  const all = [headings, ...rows.map((row) => row.map((cell) => harmless(cell).replaceAll('\n', ' ')))];
  const widths = headings.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      cut(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
        width,
      ),
    )
    .join('\n');
}

/** One `name  value` a line; rows without a value are left out. */
export function facts(rows: readonly (readonly [string, string | number | null])[]): string {
  const shown = rows.filter((row): row is [string, string | number] => row[1] !== null && row[1] !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value]) => `${name.padEnd(width)}  ${harmless(String(value))}`).join('\n');
}

export const indent = (text: string, by = '  '): string =>
  harmless(text)
    .split('\n')
    .map((line) => (line === '' ? '' : by + line))
    .join('\n');

export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(1, width - 1))}…`;

export function duration(milliseconds: number): string {
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** For people: to the second, in their own zone. */
export const moment = (iso: string): string => new Date(iso).toLocaleString('sv-SE');

export const shortCommit = (commit: string): string => commit.slice(0, 10);

/** Everything where the output goes to a file or another program. */
function screenWidth(): number {
  return process.stdout.isTTY ? process.stdout.columns : Number.POSITIVE_INFINITY;
}
