import { toHex } from './hex.ts';

/**
 * A UUID as its usual text.
 *
 * @param bytes 16 bytes in the order in which they are written (RFC 9562), unlike those of a GUID
 */
export function formatUuid(bytes: Uint8Array): string {
  return toHex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
