import { Cursor } from '../bytes/cursor.ts';

/** Sizes of the entry points, in bytes: 32-bit (SMBIOS 2.1) and 64-bit (3.0). */
const ENTRY_POINT_2_BYTES = 31;
const ENTRY_POINT_3_BYTES = 24;

/** What an SMBIOS entry point says. */
export type SmbiosAnchor = {
  readonly major: number;
  readonly minor: number;
  /** Length of the structure table in bytes; of a 64-bit entry point, the most that it may be. */
  readonly tableBytes: number;
};

/**
 * Reads an SMBIOS entry point, of 32 or 64 bits. Checksums are not looked at: OVMF does not either.
 *
 * @param data the entry point, little-endian
 * @throws FormatError where it is no entry point
 * @see DMTF DSP0134 (SMBIOS) 3.8, 5.2
 */
export function readSmbiosAnchor(data: Uint8Array): SmbiosAnchor {
  const cursor = new Cursor('SMBIOS entry point', data);
  if (data.length === ENTRY_POINT_2_BYTES) return readEntryPoint2(cursor);
  if (data.length === ENTRY_POINT_3_BYTES) return readEntryPoint3(cursor);
  const sizes = `${ENTRY_POINT_2_BYTES} or ${ENTRY_POINT_3_BYTES} bytes`;
  throw cursor.errorAt(0, sizes, `${data.length}`);
}

function readEntryPoint2(cursor: Cursor): SmbiosAnchor {
  cursor.expect(Buffer.from('_SM_'), 'anchor');
  cursor.take(2, 'checksum and length');
  const major = cursor.u8('major version');
  const minor = cursor.u8('minor version');
  cursor.take(8, 'largest structure, revision and formatted area');
  cursor.expect(Buffer.from('_DMI_'), 'intermediate anchor');
  cursor.take(1, 'intermediate checksum');
  return { major, minor, tableBytes: cursor.u16('table length') };
}

function readEntryPoint3(cursor: Cursor): SmbiosAnchor {
  cursor.expect(Buffer.from('_SM3_'), 'anchor');
  cursor.take(2, 'checksum and length');
  const major = cursor.u8('major version');
  const minor = cursor.u8('minor version');
  cursor.take(3, 'revisions and reserved byte');
  return { major, minor, tableBytes: cursor.u32('most bytes of the table') };
}
