import type { Cursor } from '../bytes/cursor.ts';

/** Size of EFI_TIME in bytes. */
const EFI_TIME_BYTES = 16;

/**
 * EFI_TIME as the text that ISO 8601 has for it. Time stamps of authenticated variables are in UTC
 * and have no fraction (UEFI 2.11, 8.2.2), so nothing but date and time of day is shown.
 *
 * @param cursor stands at the structure (UEFI 2.11, 8.3; little-endian) and is moved past it
 * @returns e.g. `2010-03-06T19:17:21Z`; `undefined` where every byte is zero: no time stamp
 * @throws FormatError where fewer than 16 bytes are left
 */
export function readEfiTime(cursor: Cursor): string | undefined {
  const time = cursor.sub(EFI_TIME_BYTES, 'EFI_TIME');
  const year = String(time.u16('year')).padStart(4, '0');
  const [month, day, hour, minute, second] = [...time.take(5, 'month to second')].map((field) =>
    String(field).padStart(2, '0'),
  );
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
  return text === '0000-00-00T00:00:00Z' ? undefined : text;
}
