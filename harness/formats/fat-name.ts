import { decodeUtf16, decodeUtf16z } from '../bytes/utf16.ts';

/** Bits of a directory entry that say a short name is shown in lower case. */
const LOWER_BASE = 0x08;
const LOWER_EXTENSION = 0x10;

/** Stands for a first byte 0xE5, which would mark the entry as deleted. */
const ESCAPED_E5 = 0x05;

/**
 * The 8.3 name of a directory entry.
 *
 * @param name 11 bytes: base name and extension, padded with blanks
 * @param caseFlags the entry's NT-reserved byte
 * @returns e.g. `BOOTX64.EFI`
 */
export function shortName(name: Uint8Array, caseFlags: number): string {
  const bytes = Uint8Array.from(name);
  if (bytes[0] === ESCAPED_E5) bytes[0] = 0xe5;
  const base = withCase(bytes.subarray(0, 8), caseFlags & LOWER_BASE);
  const extension = withCase(bytes.subarray(8), caseFlags & LOWER_EXTENSION);
  return extension === '' ? base : `${base}.${extension}`;
}

function withCase(bytes: Uint8Array, lower: number): string {
  const text = Buffer.from(bytes).toString('latin1').trimEnd();
  return lower ? text.toLowerCase() : text;
}

/**
 * Checksum that ties the entries of a long name to their short name.
 *
 * @param name the 11 bytes of the short name
 */
export function shortNameChecksum(name: Uint8Array): number {
  return name.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
}

/**
 * The long name that directory entries hold.
 *
 * @param entries the entries of 32 bytes in the order of their ordinals: the last on disk first
 */
export function longName(entries: readonly Uint8Array[]): string {
  const units = Buffer.concat(
    entries.flatMap((entry) => [
      entry.subarray(1, 11),
      entry.subarray(14, 26),
      entry.subarray(28, 32),
    ]),
  );
  return decodeUtf16z(units) ?? decodeUtf16(units);
}

/**
 * A name as the firmware compares it: letters of Latin-1 in upper case, everything else as it is.
 *
 * @see edk2, MdeModulePkg/Universal/Disk/UnicodeCollation/EnglishDxe
 */
export function foldName(name: string): string {
  return name.replace(/[a-z\u00e0-\u00f6\u00f8-\u00fe]/g, (letter) =>
    String.fromCharCode(letter.charCodeAt(0) - 0x20),
  );
}
