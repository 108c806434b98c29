import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { checkPe } from './pe-check.ts';
import {
  type PeHeaders,
  readPeHeaders,
  SECTION_HEADER_BYTES,
  type SectionTable,
} from './pe-headers.ts';

/** One entry of the section table (PE/COFF specification, "Section Table"). */
export type PeSection = {
  /** Position in the section table, from 0. */
  readonly index: number;
  /** The bytes of the name up to the first NUL, at most 8, as Latin-1. */
  readonly name: string;
  /** Bytes in memory; 0 where the linker left the field empty. */
  readonly virtualSize: number;
  /** Where the section begins in memory, relative to the image base. */
  readonly virtualAddress: number;
  /** Bytes in the file. */
  readonly rawSize: number;
  /** Where the section's bytes begin in the file. */
  readonly rawOffset: number;
};

/** What firmware reads of a PE image before it loads it. */
export type PeImage = PeHeaders & { readonly sections: readonly PeSection[] };

/**
 * Reads the headers of a PE32 or PE32+ image, and refuses what edk2's loader refuses. Sections may share
 * bytes of the file, which are then hashed once for each. Beyond edk2 it refuses those that share so much
 * that hashing them would take many times as long as reading the file: no linker makes them.
 *
 * @param source the image; only its headers are read
 * @throws FormatError where the file is no PE image or its headers contradict each other
 * @see edk2 MdePkg/Library/BasePeCoffLib/BasePeCoff.c, PeCoffLoaderGetPeHeader and
 *   PeCoffLoaderLoadImage
 */
export function readPe(source: ByteSource): PeImage {
  const { headers, table } = readPeHeaders(source);
  const sections = readSections(source, headers, table);
  rejectEndlessHashing(source, sections, table);
  return { ...headers, sections };
}

/** How often the file's size may be hashed. */
const MAX_SHARE = 8;

/** The sections that have bytes in the file, by their offset in it. */
export function inFileOrder(sections: readonly PeSection[]): readonly PeSection[] {
  return sections
    .filter(({ rawSize }) => rawSize > 0)
    .toSorted((one, other) => one.rawOffset - other.rawOffset);
}

function readSections(
  source: ByteSource,
  headers: PeHeaders,
  { offset, count }: SectionTable,
): readonly PeSection[] {
  const bytes = count * SECTION_HEADER_BYTES;
  const cursor = Cursor.over(source, offset, bytes, 'section table');
  return Array.from({ length: count }, (_, index) => {
    const header = cursor.offset;
    const section = readSection(cursor, index);
    checkMemory(source, section, headers, header);
    checkRawData(source, section, headers, header);
    return section;
  });
}

function readSection(cursor: Cursor, index: number): PeSection {
  const name = Buffer.from(cursor.take(8, 'section name')).toString('latin1');
  const virtualSize = cursor.u32('VirtualSize');
  const virtualAddress = cursor.u32('VirtualAddress');
  const rawSize = cursor.u32('SizeOfRawData');
  const rawOffset = cursor.u32('PointerToRawData');
  cursor.take(16, 'relocations, line numbers and characteristics');
  return {
    index,
    name: name.split('\0', 1)[0] ?? '',
    virtualSize,
    virtualAddress,
    rawSize,
    rawOffset,
  };
}

/** edk2 checks this only when it loads the image, and then does not start it. */
function checkMemory(
  source: ByteSource,
  { virtualAddress, virtualSize }: PeSection,
  { imageSize }: PeHeaders,
  header: number,
): void {
  checkPe(source, virtualSize === 0 || virtualAddress + virtualSize <= imageSize, {
    offset: header + 8,
    expected: `a section that ends inside the image (0x${imageSize.toString(16)})`,
    found: virtualAddress + virtualSize,
  });
}

function checkRawData(
  source: ByteSource,
  { rawSize, rawOffset, virtualAddress }: PeSection,
  { headerSize }: PeHeaders,
  header: number,
): void {
  if (rawSize === 0) return;
  checkPe(source, virtualAddress >= headerSize, {
    offset: header + 12,
    expected: `VirtualAddress behind the headers (0x${headerSize.toString(16)})`,
    found: virtualAddress,
  });
  checkPe(source, rawOffset >= headerSize, {
    offset: header + 20,
    expected: `PointerToRawData behind the headers (0x${headerSize.toString(16)})`,
    found: rawOffset,
  });
  checkPe(source, rawOffset + rawSize <= Math.min(source.size, 0xffffffff), {
    offset: header + 16,
    expected: `raw data that ends inside the file (0x${source.size.toString(16)})`,
    found: rawOffset + rawSize,
  });
}

function rejectEndlessHashing(
  source: ByteSource,
  sections: readonly PeSection[],
  { offset }: SectionTable,
): void {
  const hashed = sections.reduce((sum, { rawSize }) => sum + rawSize, 0);
  const limit = MAX_SHARE * source.size;
  checkPe(source, hashed <= limit, {
    offset,
    expected: `sections of 0x${limit.toString(16)} bytes at most, ${MAX_SHARE} times the file`,
    found: hashed,
  });
}
