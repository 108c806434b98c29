import type { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import { ALL_BANKS, BANKS } from '../measure/bank.ts';
import type { NvPublic } from './object-name.ts';
import { expectEnd, takeSized, withoutSize } from './unmarshal.ts';

/**
 * Reads a TPM2B_NV_PUBLIC (TPM 2.0 Library, Part 2, 13.6), integers big-endian.
 *
 * @param file at its start
 * @throws FormatError where it is none, its name algorithm is not known, or something stands behind it
 */
export function readNvPublic(file: Cursor): NvPublic {
  const cursor = withoutSize(file, false, 'TPMS_NV_PUBLIC');
  const index = cursor.u32('nvIndex');
  const start = cursor.offset;
  const algorithm = cursor.u16('nameAlg');
  const nameAlg = ALL_BANKS.find((bank) => BANKS[bank].algId === algorithm);
  if (nameAlg === undefined) {
    throw cursor.errorAt(start, 'a hash algorithm', `0x${algorithm.toString(16)}`);
  }
  const attributes = cursor.u32('attributes');
  const authPolicy = toHex(takeSized(cursor, 'authPolicy'));
  const dataSize = cursor.u16('dataSize');
  expectEnd(cursor, 'TPMS_NV_PUBLIC');
  return { index, nameAlg, attributes, authPolicy, dataSize };
}
