import type { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';

/**
 * A number as device paths write it, e.g. `0x1F`.
 *
 * @param value any unsigned integer
 */
export function hexNumber(value: number | bigint): string {
  return `0x${value.toString(16).toUpperCase()}`;
}

/** Bytes as device paths write them, e.g. `525400123456`. */
export function hexBytes(bytes: Uint8Array): string {
  return toHex(bytes).toUpperCase();
}

/**
 * The GUID at a cursor as device paths write it: in upper case.
 *
 * @throws FormatError where the node ends before
 */
export function guidText(cursor: Cursor): string {
  return cursor.guid('GUID').toUpperCase();
}

/**
 * The text of a vendor-defined node: its GUID, and the vendor's data where there is any.
 *
 * @param name `VenHw`, `VenMsg` or `VenMedia`
 * @returns its reader, which throws FormatError where the node ends before its GUID
 */
export function vendorText(name: string): (cursor: Cursor) => string {
  return (cursor) => {
    const guid = guidText(cursor);
    const data = hexBytes(cursor.take(cursor.remaining, 'vendor data'));
    return data === '' ? `${name}(${guid})` : `${name}(${guid},${data})`;
  };
}
