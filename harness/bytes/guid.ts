import { fromHex, toHex } from './hex.ts';

/** Size of an EFI GUID in bytes. */
export const GUID_BYTES = 16;

/**
 * Text of an EFI GUID. The first three fields are stored little-endian, the last two as they are
 * read (UEFI 2.11, appendix A).
 *
 * @param bytes 16 bytes as stored
 * @returns e.g. `8be4df61-93ca-11d2-aa0d-00e098032b8c`
 */
export function formatGuid(bytes: Uint8Array): string {
  const hex = toHex(swapFields(bytes));
  return [8, 12, 16, 20, 32]
    .map((end, field, ends) => hex.slice(ends[field - 1] ?? 0, end))
    .join('-');
}

/**
 * Bytes of an EFI GUID as it is stored.
 *
 * @param text the usual text, in either case
 * @throws TypeError where the text is no GUID: a mistake of the caller, not of an input file
 */
export function guidBytes(text: string): Uint8Array {
  const bytes = fromHex(text.replaceAll('-', ''));
  if (bytes?.length !== GUID_BYTES) throw new TypeError(`not a GUID: ${text}`);
  return swapFields(bytes);
}

/** Swaps between the stored order and the order in which the text has the bytes. */
function swapFields(bytes: Uint8Array): Uint8Array {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Uint8Array.from(order, (index) => bytes[index] ?? 0);
}
