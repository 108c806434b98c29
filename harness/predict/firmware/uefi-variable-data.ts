import { guidBytes } from '../../bytes/guid.ts';
import { encodeUtf16 } from '../../bytes/utf16.ts';
import type { EfiVariable } from '../../formats/efi-variable.ts';

/**
 * UEFI_VARIABLE_DATA: what is hashed where a variable is measured with its name (TCG PC Client PFP
 * 1.06, 10.2.6). Integers are little-endian; the name has no terminator.
 *
 * @param variable its vendor GUID, name and data; empty data where the variable does not exist
 */
export function uefiVariableData({
  guid,
  name,
  data,
}: Pick<EfiVariable, 'guid' | 'name' | 'data'>): Uint8Array {
  const unicodeName = encodeUtf16(name);
  const lengths = new DataView(new ArrayBuffer(16));
  lengths.setBigUint64(0, BigInt(unicodeName.length / 2), true);
  lengths.setBigUint64(8, BigInt(data.length), true);
  return Buffer.concat([guidBytes(guid), new Uint8Array(lengths.buffer), unicodeName, data]);
}
