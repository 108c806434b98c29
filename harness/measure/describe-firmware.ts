import type { Cursor } from '../bytes/cursor.ts';
import { formatGuid, GUID_BYTES } from '../bytes/guid.ts';
import { asciiText, byteCount, guessText, safeText } from './event-text.ts';

/** UEFI 2.11, 4.6: configuration tables that firmware measures. */
const TABLE_NAMES: ReadonlyMap<string, string> = new Map([
  ['8868e871-e4f1-11d3-bc22-0080c73c8881', 'ACPI'],
  ['eb9d2d30-2d88-11d3-9a16-0090273fc14d', 'ACPI 1.0'],
  ['eb9d2d31-2d88-11d3-9a16-0090273fc14d', 'SMBIOS'],
  ['f2fd1544-9794-4a2c-992e-e5bbcf20e394', 'SMBIOS 3'],
]);

/** An event names its first tables only. */
const MOST_TABLES = 8;

/** UEFI_PLATFORM_FIRMWARE_BLOB is a 64-bit base and a 64-bit length. */
const BLOB_BYTES = 16;

/** Describes EV_S_CRTM_VERSION: a string, mostly in UTF-16, or a GUID. */
export function describeCrtmVersion(data: Uint8Array): string {
  const text = guessText(data);
  if (text !== undefined) return safeText(text);
  if (data.every((byte) => byte === 0)) return 'empty';
  return data.length === GUID_BYTES ? formatGuid(data) : byteCount(data.length);
}

/**
 * Describes UEFI_PLATFORM_FIRMWARE_BLOB (TCG PC Client PFP 1.06, 10.2.5).
 *
 * @throws FormatError where the structure ends early
 */
export function describeBlob(cursor: Cursor): string {
  const base = cursor.u64('base of the firmware blob');
  const length = cursor.u64('length of the firmware blob');
  return `${byteCount(length)} at 0x${base.toString(16)}`;
}

/**
 * Describes UEFI_PLATFORM_FIRMWARE_BLOB2, a blob with a name.
 *
 * @throws FormatError where the structure ends early
 */
export function describeBlob2(cursor: Cursor): string {
  return `${readName(cursor)}: ${describeBlob(cursor)}`;
}

/** Describes code that was measured: a blob, or a word such as `ACPI DATA`. */
export function describeCode(data: Uint8Array, cursor: Cursor): string {
  const text = guessText(data);
  if (text !== undefined) return safeText(text);
  return cursor.remaining === BLOB_BYTES ? describeBlob(cursor) : byteCount(cursor.remaining);
}

/**
 * Describes UEFI_HANDOFF_TABLE_POINTERS: which configuration tables were measured.
 *
 * @throws FormatError where the structure ends early
 */
export function describeHandoffTables(cursor: Cursor): string {
  const count = cursor.size64('number of tables');
  const tables: string[] = [];
  for (let index = 0; index < Math.min(count, MOST_TABLES); index++) {
    const guid = cursor.guid('configuration table GUID');
    cursor.u64('configuration table address');
    tables.push(TABLE_NAMES.get(guid) ?? guid);
  }
  if (count > MOST_TABLES) tables.push('…');
  return tables.join(', ') || 'no table';
}

/**
 * Describes UEFI_HANDOFF_TABLE_POINTERS2, the same with a name.
 *
 * @throws FormatError where the structure ends early
 */
export function describeHandoffTables2(cursor: Cursor): string {
  return `${readName(cursor)}: ${describeHandoffTables(cursor)}`;
}

function readName(cursor: Cursor): string {
  const bytes = cursor.take(cursor.u8('size of the description'), 'description');
  return safeText(asciiText(bytes) ?? byteCount(bytes.length));
}
