import { Cursor } from '../bytes/cursor.ts';
import type { ByteSource } from '../bytes/source.ts';
import { checkPe } from './pe-check.ts';

/** A range of bytes of a file. */
export type FileRange = { readonly offset: number; readonly size: number };

/** The headers of a PE image before the section table. Offsets are from the start of the file. */
export type PeHeaders = {
  readonly format: 'PE32' | 'PE32+';
  /** Machine type, e.g. 0x8664 for x86-64. */
  readonly machine: number;
  /** Subsystem, e.g. 10 for an EFI application. */
  readonly subsystem: number;
  /** Where the image begins to run, relative to the image base. */
  readonly entryPoint: number;
  /** Offset of the four bytes of CheckSum. */
  readonly checksumOffset: number;
  /** Offset of the eight bytes that locate the certificate table; absent in short headers. */
  readonly certificateDirectoryOffset: number | undefined;
  /** The certificate table (a file range, not an address); absent where there is none. */
  readonly certificateTable: FileRange | undefined;
  /** Bytes of all headers, section table included. */
  readonly headerSize: number;
  /** Bytes of the image in memory. */
  readonly imageSize: number;
};

/** Where the section table is, and how many entries it has. */
export type SectionTable = { readonly offset: number; readonly count: number };

export const SECTION_HEADER_BYTES = 40;

const DOS_MAGIC = 0x5a4d;
const DOS_HEADER_BYTES = 64;
const PE_MAGIC = new Uint8Array([0x50, 0x45, 0, 0]);
/** Signature and COFF file header. */
const FILE_HEADER_BYTES = 24;
const CERTIFICATE_DIRECTORY = 4;
const MAX_DIRECTORIES = 16;
/** What edk2 reads at once: the signature, the file header and a whole PE32+ optional header. */
const NT_HEADERS_BYTES = 264;

/** The two optional headers: their magic, and where the data directories begin in them. */
const LAYOUTS = [
  { magic: 0x10b, format: 'PE32', directories: 96 },
  { magic: 0x20b, format: 'PE32+', directories: 112 },
] as const;

/**
 * Reads the headers before the section table, and refuses what edk2's loader refuses.
 *
 * @param source the image
 * @throws FormatError where the file is no PE image or its headers contradict each other
 * @see edk2 MdePkg/Library/BasePeCoffLib/BasePeCoff.c, PeCoffLoaderGetPeHeader
 */
export function readPeHeaders(source: ByteSource): {
  readonly headers: PeHeaders;
  readonly table: SectionTable;
} {
  const peOffset = findPeHeader(source);
  const cursor = Cursor.over(source, peOffset, NT_HEADERS_BYTES, 'PE headers');
  cursor.expect(PE_MAGIC, 'PE signature');
  const file = readFileHeader(cursor);
  const optional = readOptionalHeader(source, cursor, file.optionalHeaderSize);
  const table = {
    offset: peOffset + FILE_HEADER_BYTES + file.optionalHeaderSize,
    count: file.sectionCount,
  };
  const headers = { machine: file.machine, ...optional };
  checkSizes(source, headers, table, peOffset);
  checkCertificateTable(source, headers);
  return { headers, table };
}

/** A PE image begins with a DOS header that says where the PE header is, or with the PE header. */
function findPeHeader(source: ByteSource): number {
  const dos = Cursor.over(source, 0, DOS_HEADER_BYTES, 'DOS header');
  if (dos.u16('DOS magic') !== DOS_MAGIC) return 0;
  dos.take(58, 'DOS header fields');
  return dos.u32('offset of the PE header');
}

function readFileHeader(cursor: Cursor) {
  const machine = cursor.u16('Machine');
  const sectionCount = cursor.u16('NumberOfSections');
  cursor.take(12, 'time stamp and symbol table');
  const optionalHeaderSize = cursor.u16('SizeOfOptionalHeader');
  cursor.take(2, 'Characteristics');
  return { machine, sectionCount, optionalHeaderSize };
}

function readOptionalHeader(source: ByteSource, cursor: Cursor, optionalHeaderSize: number) {
  const start = cursor.offset;
  const { format, directories } = readLayout(cursor);
  cursor.take(14, 'optional header before AddressOfEntryPoint');
  const entryPoint = cursor.u32('AddressOfEntryPoint');
  cursor.take(36, 'optional header before SizeOfImage');
  const imageSize = cursor.u32('SizeOfImage');
  const headerSize = cursor.u32('SizeOfHeaders');
  const checksumOffset = cursor.offset;
  cursor.take(4, 'CheckSum');
  const subsystem = cursor.u16('Subsystem');
  cursor.take(directories - 74, 'optional header before NumberOfRvaAndSizes');
  const directoryCount = cursor.u32('NumberOfRvaAndSizes');
  checkPe(source, directoryCount <= MAX_DIRECTORIES, {
    offset: cursor.offset - 4,
    expected: `at most ${MAX_DIRECTORIES} data directories`,
    found: directoryCount,
  });
  checkPe(source, optionalHeaderSize === directories + 8 * directoryCount, {
    offset: start - 4,
    expected: `SizeOfOptionalHeader 0x${(directories + 8 * directoryCount).toString(16)}`,
    found: optionalHeaderSize,
  });
  const certificates = readCertificateDirectory(cursor, directoryCount);
  return { format, subsystem, entryPoint, checksumOffset, headerSize, imageSize, ...certificates };
}

function readLayout(cursor: Cursor) {
  const start = cursor.offset;
  const magic = cursor.u16('optional header magic');
  const layout = LAYOUTS.find((candidate) => candidate.magic === magic);
  if (layout !== undefined) return layout;
  throw cursor.errorAt(start, 'PE32 (0x10b) or PE32+ (0x20b)', `0x${magic.toString(16)}`);
}

function readCertificateDirectory(cursor: Cursor, directoryCount: number) {
  if (directoryCount <= CERTIFICATE_DIRECTORY) {
    return { certificateDirectoryOffset: undefined, certificateTable: undefined };
  }
  cursor.take(8 * CERTIFICATE_DIRECTORY, 'data directories');
  const certificateDirectoryOffset = cursor.offset;
  const offset = cursor.u32('offset of the certificate table');
  const size = cursor.u32('size of the certificate table');
  const certificateTable = size === 0 ? undefined : { offset, size };
  return { certificateDirectoryOffset, certificateTable };
}

/** The section table lies inside the headers, the headers inside the file and the image. */
function checkSizes(
  source: ByteSource,
  { imageSize, headerSize, checksumOffset }: PeHeaders,
  { offset, count }: SectionTable,
  peOffset: number,
): void {
  const room = (size: number) => Math.floor((size - offset) / SECTION_HEADER_BYTES);
  checkPe(source, imageSize > offset && room(imageSize) > count, {
    offset: peOffset + 6,
    expected: `sections whose headers fit into an image of 0x${imageSize.toString(16)} bytes`,
    found: count,
  });
  checkPe(source, headerSize > offset && room(headerSize) >= count, {
    offset: checksumOffset - 4,
    expected: `SizeOfHeaders that covers ${count} section headers`,
    found: headerSize,
  });
  const limit = Math.min(imageSize - 1, source.size);
  checkPe(source, headerSize <= limit, {
    offset: checksumOffset - 4,
    expected: `SizeOfHeaders of at most 0x${limit.toString(16)}, inside the file and the image`,
    found: headerSize,
  });
}

function checkCertificateTable(source: ByteSource, headers: PeHeaders): void {
  const { certificateTable: table, certificateDirectoryOffset: offset } = headers;
  if (table === undefined || offset === undefined) return;
  checkPe(source, table.offset + table.size <= Math.min(source.size, 0xffffffff), {
    offset,
    expected: `a certificate table that ends inside the file (0x${source.size.toString(16)})`,
    found: table.offset + table.size,
  });
}
