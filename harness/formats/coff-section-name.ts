import { Cursor } from '../bytes/cursor.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { PeImage, PeSection } from './pe.ts';

/** From CheckSum back to PointerToSymbolTable of the file header. */
const SYMBOL_TABLE_FIELD = -76;
const SYMBOL_BYTES = 18;
/** A reference into the string table: a slash and a decimal offset. */
const REFERENCE = /^\/(\d{1,7})$/;

/**
 * Finds a section by its whole name. Names of more than eight bytes stand in the string table behind
 * the COFF symbols, as GNU tools write them; edk2's loader never looks there.
 *
 * @param source the image
 * @param pe its headers
 * @param name e.g. `.vendor_cert`
 * @returns the first section of that name; `undefined` where there is none
 * @see Microsoft PE and COFF specification, "Section Table" and "COFF String Table"
 */
export function findSectionByLongName(
  source: ByteSource,
  pe: PeImage,
  name: string,
): PeSection | undefined {
  const strings = stringTable(source, pe);
  const isNamed = (section: PeSection) =>
    section.name === name ||
    (strings !== undefined && startsWith(source, strings, REFERENCE.exec(section.name), name));
  return pe.sections.find(isNamed);
}

/** Offset of the string table; absent where the image has no symbols. */
function stringTable(source: ByteSource, pe: PeImage): number | undefined {
  const field = pe.checksumOffset + SYMBOL_TABLE_FIELD;
  const cursor = Cursor.over(source, field, 8, 'COFF file header');
  const symbols = cursor.u32('PointerToSymbolTable');
  const count = cursor.u32('NumberOfSymbols');
  const table = symbols + SYMBOL_BYTES * count;
  return symbols === 0 || table > source.size ? undefined : table;
}

function startsWith(
  source: ByteSource,
  table: number,
  reference: RegExpExecArray | null,
  name: string,
): boolean {
  if (reference === null) return false;
  const start = table + Number(reference[1]);
  const wanted = Buffer.from(`${name}\0`, 'latin1');
  if (start + wanted.length > source.size) return false;
  return wanted.equals(readRange(source, start, wanted.length, 'a section name'));
}
