import { Cursor } from '../bytes/cursor.ts';

const SYSTEM_INFORMATION = 1;
const END_OF_TABLE = 127;

/**
 * The UUID of the system as SMBIOS tables have it.
 *
 * @param file name for error messages
 * @param tables the structures, without the entry point
 * @returns e.g. `c0de0000-0000-4000-8000-000000000001`; `undefined` where there is none
 * @throws FormatError where a structure is damaged
 * @see DMTF DSP0134, 6.1.2 and 7.2 (System Information, Type 1; since 2.6 its first three fields are
 *   little-endian)
 */
export function smbiosSystemUuid(file: string, tables: Uint8Array): string | undefined {
  const cursor = new Cursor(file, tables);
  while (cursor.remaining > 0) {
    const start = cursor.offset;
    const type = cursor.u8('structure type');
    const length = cursor.u8('structure length');
    if (length < 4) throw cursor.errorAt(start + 1, 'a length of at least 4', String(length));
    cursor.take(2, 'handle');
    const body = cursor.sub(length - 4, 'structure');
    if (type === END_OF_TABLE) return undefined;
    if (type === SYSTEM_INFORMATION && length >= 24) {
      body.take(4, 'names');
      return body.guid('UUID');
    }
    passStrings(cursor);
  }
  return undefined;
}

/** Strings follow, each ended by a NUL, and another NUL; two where there are none. */
function passStrings(cursor: Cursor): void {
  for (let last = 1; ; ) {
    const byte = cursor.u8('strings');
    if (byte === 0 && last === 0) return;
    last = byte;
  }
}
