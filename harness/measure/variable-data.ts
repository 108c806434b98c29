import { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16 } from '../bytes/utf16.ts';

/** UEFI_VARIABLE_DATA: a variable as it is measured (TCG PC Client PFP 1.06, 10.2.6). */
export type VariableData = {
  readonly guid: string;
  readonly name: string;
  readonly data: Uint8Array;
  /** Byte offset of `data` in the file. */
  readonly dataOffset: number;
};

/**
 * Reads UEFI_VARIABLE_DATA: vendor GUID, number of characters of the name, number of bytes of the
 * data (both 64-bit little-endian), the name in UTF-16LE without NUL, the data.
 *
 * @param file name for error messages
 * @param bytes the event field of a variable's event
 * @param offset of `bytes` in the file
 * @throws FormatError where the structure ends early
 */
export function readVariableData(file: string, bytes: Uint8Array, offset: number): VariableData {
  const cursor = new Cursor(file, bytes, 'little', offset);
  const guid = cursor.guid('variable vendor GUID');
  const nameCharacters = cursor.size64('length of the variable name');
  const dataBytes = cursor.size64('length of the variable data');
  const name = decodeUtf16(cursor.take(nameCharacters * 2, 'variable name'));
  const dataOffset = cursor.offset;
  const data = cursor.take(dataBytes, 'variable data');
  return { guid, name, data, dataOffset };
}
