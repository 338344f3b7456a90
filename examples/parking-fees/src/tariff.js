/** Amounts in cents. `dailyCap` is the most that 24 hours can cost. */
export const TARIFFS = {
  standard: { name: 'Standard', freeMinutes: 15, hourly: 250, dailyCap: 1800 },
  evening: { name: 'Evening', freeMinutes: 30, hourly: 120, dailyCap: 900 },
  resident: { name: 'Resident', freeMinutes: 60, hourly: 80, dailyCap: 500 },
};

const EVENING_FROM = 18;
const MORNING_FROM = 6;

/** Residents have their own tariff; everyone else pays by the hour of entry. */
export function tariffFor({ entry, resident = false }) {
  if (resident) return TARIFFS.resident;
  const hour = entry.getUTCHours();
  return hour >= EVENING_FROM || hour <= MORNING_FROM ? TARIFFS.evening : TARIFFS.standard;
}
