// Limits on what strangers may store. Postgres refuses NUL, and JSON columns refuse half a surrogate pair: both are told here.
import { z } from 'zod';

/** Free text of at most `max` UTF-16 units; may have several lines. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be valid Unicode without NUL characters');

/** One line that is not blank. */
export const line = (max: number) =>
  text(max)
    .trim()
    .min(1)
    .refine((value) => !/[\r\n]/.test(value), 'must be one line');

/** Name of a project, provider or fleet: it becomes part of queue names and event subjects. */
export const slug = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z, 0-9 and "-", not beginning with "-"');

/** A row's id, or for projects the name; anything longer cannot exist. */
export const idText = text(100).min(1);

export const limit = (fallback: number, max: number) =>
  z.coerce.number().int().min(1).max(max).default(fallback).describe('How many at most.');

export const sequence = z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
