const MINUTES_PER_HOUR = 60;
const MINUTES_PER_DAY = 24 * MINUTES_PER_HOUR;

/** The fee in cents: full days cost the cap, the rest costs each hour that has begun, up to the cap. */
export function feeFor(minutes, tariff) {
  if (minutes <= tariff.freeMinutes) return 0;
  const days = Math.floor(minutes / MINUTES_PER_DAY);
  const rest = minutes - days * MINUTES_PER_DAY;
  if (rest === 0) return days * tariff.dailyCap;
  const hours = Math.ceil(rest / MINUTES_PER_HOUR);
  return days * tariff.dailyCap + Math.min(hours * tariff.hourly, tariff.dailyCap);
}

/** A share of the fee in cents, rounded in the driver's favour. */
export function discount(fee, percent) {
  if (percent < 0 || percent > 100) throw new RangeError(`not a percentage: ${percent}`);
  return Math.floor((fee * (100 - percent)) / 100);
}
