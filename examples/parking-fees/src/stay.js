const MS_PER_MINUTE = 60_000;

/** Whole minutes from entry to exit; a minute that has begun counts. */
export function minutesOf({ entry, exit }) {
  const elapsed = exit.getTime() - entry.getTime();
  if (elapsed < 0) throw new RangeError('the exit is before the entry');
  return Math.ceil(elapsed / MS_PER_MINUTE);
}

/** For people: `1 d 2 h 5 min`, without the units that are zero. */
export function describe(minutes) {
  const parts = [
    [Math.floor(minutes / 1440), 'd'],
    [Math.floor(minutes / 60) % 24, 'h'],
    [minutes % 60, 'min'],
  ];
  const words = parts.filter(([amount]) => amount > 0).map(([amount, unit]) => `${amount} ${unit}`);
  return words.length > 0 ? words.join(' ') : '0 min';
}
