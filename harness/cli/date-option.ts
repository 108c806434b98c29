import { UsageError } from '../host/errors.ts';

/**
 * Reads a date of an option `--at`.
 *
 * @throws UsageError where it is none
 */
export function parseDate(text: string): Date {
  const date = new Date(text);
  if (/^\d{4}-\d{2}/.test(text) && !Number.isNaN(date.getTime())) return date;
  throw new UsageError(`--at: expected a date such as 2026-01-31, found "${text.slice(0, 64)}"`);
}
