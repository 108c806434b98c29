import { printable } from '../bytes/format-error.ts';
import { decodeUtf16 } from '../bytes/utf16.ts';

/** A description is one line of a table, whatever a log claims. */
const LONGEST_TEXT = 240;

/** Text from a log, safe for one line on a terminal and no longer than a line should be. */
export function safeText(text: string): string {
  const characters = printable(text.slice(0, LONGEST_TEXT));
  return text.length > LONGEST_TEXT ? `${characters}…` : characters;
}

/**
 * @param data bytes of a string, with or without NULs behind it
 * @returns the text where every byte is printable ASCII, a tab or a line break
 */
export function asciiText(data: Uint8Array): string | undefined {
  const text = Buffer.from(withoutNuls(data, 1)).toString('latin1');
  return /^[\t\n\r\x20-\x7e]+$/.test(text) ? text : undefined;
}

/** Text of UTF-16LE code units, with or without NULs behind them. */
export function utf16Text(data: Uint8Array): string {
  return decodeUtf16(withoutNuls(data, 2));
}

/**
 * Text of a field that may hold ASCII, UTF-16LE or no text at all.
 *
 * @returns `undefined` where the bytes are not obviously text: ASCII, or UTF-16 mostly of Latin
 *   letters and without control characters
 */
export function guessText(data: Uint8Array): string | undefined {
  return asciiText(data) ?? latinUtf16Text(data);
}

/** A number of bytes in words. */
export function byteCount(size: number | bigint): string {
  return BigInt(size) === 1n ? '1 byte' : `${size} bytes`;
}

function latinUtf16Text(data: Uint8Array): string | undefined {
  if (data.length < 2 || (data.length % 2 !== 0 && data.at(-1) !== 0)) return undefined;
  const text = utf16Text(data);
  const latin = text.match(/[\t\n\r\x20-\x7e\u00a0-\u024f]/g)?.length ?? 0;
  return latin > text.length / 2 && !/[^\P{C}\t\n\r]/u.test(text) ? text : undefined;
}

/** Drops NUL code units of a size in bytes from the end. */
function withoutNuls(data: Uint8Array, unit: 1 | 2): Uint8Array {
  const last = data.findLastIndex((byte) => byte !== 0);
  return data.subarray(0, Math.min(data.length, Math.ceil((last + 1) / unit) * unit));
}
