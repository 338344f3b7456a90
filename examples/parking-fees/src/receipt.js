import { discount, feeFor } from './fee.js';
import { describe, minutesOf } from './stay.js';
import { tariffFor } from './tariff.js';

/** The receipt of a stay: `{ entry, exit, resident?, discountPercent? }`. */
export function receipt(stay) {
  const minutes = minutesOf(stay);
  const tariff = tariffFor(stay);
  const full = feeFor(minutes, tariff);
  const due = discount(full, stay.discountPercent ?? 0);
  const lines = [`Parked for ${describe(minutes)}`, `Tariff ${tariff.name}`];
  if (due < full) lines.push(`Discount ${euros(full - due)}`);
  lines.push(`To pay ${euros(due)}`);
  return lines.join('\n');
}

export function euros(cents) {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')} EUR`;
}
