import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { readPe } from './pe.ts';

/** Section flags (PE/COFF specification, "Section Flags"). */
export const SECTION_FLAGS = {
  /** Code that is executed and read. */
  code: 0x60000020,
  /** Initialised data that is read. */
  readOnly: 0x40000040,
} as const;

/** A section of a program to be made. */
export type ProgramSection = {
  /** At most eight ASCII characters. */
  readonly name: string;
  readonly data: Uint8Array;
  readonly flags: number;
};

const PE_OFFSET = 0x80;
const DIRECTORIES = 16;
const OPTIONAL_HEADER_BYTES = 112 + 8 * DIRECTORIES;
const SECTION_TABLE = PE_OFFSET + 24 + OPTIONAL_HEADER_BYTES;
const FILE_ALIGNMENT = 0x200;
const PAGE = 0x1000;
const EFI_APPLICATION = 10;
/** IMAGE_FILE_EXECUTABLE_IMAGE and IMAGE_FILE_LARGE_ADDRESS_AWARE. */
const CHARACTERISTICS = 0x22;
/** IMAGE_DLLCHARACTERISTICS_NX_COMPAT: no section is writable and executable. */
const NX_COMPATIBLE = 0x100;

/** Offset of MajorImageVersion, and the first one whose EFI stub takes its initrd from who starts it. */
const MAJOR_IMAGE_VERSION = PE_OFFSET + 24 + 44;
const TAKES_INITRD = 1;

/** Alignment of a certificate table in bytes. */
const SIGNATURE_ALIGNMENT = 8;

/** Where the sections of such a program begin in memory, one after the other, relative to its base. */
export function sectionAddresses(sections: readonly ProgramSection[]): readonly number[] {
  let address = PAGE;
  return sections.map(({ data }) => {
    const start = address;
    address += align(data.length, PAGE);
    return start;
  });
}

/**
 * Makes an EFI application for x86-64 whose code runs wherever it is loaded, and which is not signed.
 *
 * @param sections its sections; the first byte of the first one is where it begins to run
 * @returns a PE32+ image
 * @see PE/COFF specification, "Optional Header (Image Only)"; UEFI 2.11, 2.1.1
 */
export function makeEfiProgram(sections: readonly ProgramSection[]): Uint8Array {
  const addresses = sectionAddresses(sections);
  const headers = Buffer.alloc(align(SECTION_TABLE + 40 * sections.length, FILE_ALIGNMENT));
  const last = sections.at(-1);
  const end = (addresses.at(-1) ?? PAGE) + align(last?.data.length ?? 0, PAGE);
  writeHeaders(headers, { count: sections.length, entry: addresses[0] ?? PAGE, imageSize: end });
  let offset = headers.length;
  const bodies = sections.map((section, index) => {
    const rawSize = align(section.data.length, FILE_ALIGNMENT);
    const place = { offset, rawSize, address: addresses[index] ?? PAGE };
    writeSection(headers, SECTION_TABLE + 40 * index, section, place);
    offset += rawSize;
    const body = Buffer.alloc(rawSize);
    body.set(section.data);
    return body;
  });
  return Buffer.concat([headers, ...bodies]);
}

/**
 * Makes a program that systemd-stub starts as it starts Linux: its image version says that it takes an
 * initrd as Linux does since 5.8. The stub starts no older one.
 *
 * @param code what it runs
 * @returns a PE32+ image that is not signed
 * @see systemd, src/boot/pe.c (pe_kernel_info)
 */
export function makeStandInKernel(code: Uint8Array): Uint8Array {
  const section = { name: '.text', data: code, flags: SECTION_FLAGS.code };
  const program = Buffer.from(makeEfiProgram([section]));
  program.writeUInt16LE(TAKES_INITRD, MAJOR_IMAGE_VERSION);
  return program;
}

/**
 * An image without its signatures, as it was before it was signed.
 *
 * @param image any PE image whose certificate table, if it has one, is at its end
 * @throws FormatError where it is no PE image
 */
export function withoutSignatures(image: Uint8Array): Uint8Array {
  const { certificateTable, certificateDirectoryOffset } = readPe(bytesSource('image', image));
  const end = certificateTable?.offset ?? image.length;
  const copy = Buffer.alloc(align(end, SIGNATURE_ALIGNMENT));
  copy.set(image.subarray(0, end));
  if (certificateDirectoryOffset !== undefined) {
    copy.fill(0, certificateDirectoryOffset, certificateDirectoryOffset + 8);
  }
  return copy;
}

/**
 * Puts signatures behind an image that has none: its digest stays what it was.
 *
 * @param program the image; firmware takes signatures only where its size is a multiple of eight
 * @param signatures CMS ContentInfos in DER
 * @throws FormatError where it is no PE image, or has no room for a certificate table in its headers
 */
export function withSignatures(program: Uint8Array, signatures: readonly Uint8Array[]): Uint8Array {
  return withCertificateTable(
    program,
    signatures.map((one) => winCertificate(one)),
  );
}

/**
 * Puts a certificate table behind an image that has none.
 *
 * @param entries WIN_CERTIFICATEs as they are to stand there
 * @throws FormatError where it is no PE image, or has no room for a certificate table in its headers
 */
export function withCertificateTable(
  program: Uint8Array,
  entries: readonly Uint8Array[],
): Uint8Array {
  const table = Buffer.concat(entries);
  const image = Buffer.concat([program, table]);
  const at = directoryOf(program);
  image.writeUInt32LE(program.length, at);
  image.writeUInt32LE(table.length, at + 4);
  return image;
}

function directoryOf(image: Uint8Array): number {
  const source = bytesSource('image', image);
  const { certificateDirectoryOffset } = readPe(source);
  if (certificateDirectoryOffset !== undefined) return certificateDirectoryOffset;
  const expected = 'headers with an entry for a certificate table';
  throw new FormatError({ file: source.name, offset: 0, expected, found: 'fewer directories' });
}

/**
 * A WIN_CERTIFICATE, padded to eight bytes (UEFI 2.11, 32.2.4).
 *
 * @param data what it holds
 * @param type wCertificateType; WIN_CERT_TYPE_PKCS_SIGNED_DATA where it is left out
 */
export function winCertificate(data: Uint8Array, type = 2): Uint8Array {
  const entry = Buffer.alloc(align(8 + data.length, 8));
  entry.writeUInt32LE(8 + data.length, 0);
  entry.writeUInt16LE(0x200, 4);
  entry.writeUInt16LE(type, 6);
  entry.set(data, 8);
  return entry;
}

function writeHeaders(
  file: Buffer,
  { count, entry, imageSize }: { count: number; entry: number; imageSize: number },
): void {
  file.write('MZ', 0, 'latin1');
  file.writeUInt32LE(PE_OFFSET, 0x3c);
  file.write('PE\0\0', PE_OFFSET, 'latin1');
  file.writeUInt16LE(0x8664, PE_OFFSET + 4);
  file.writeUInt16LE(count, PE_OFFSET + 6);
  file.writeUInt16LE(OPTIONAL_HEADER_BYTES, PE_OFFSET + 20);
  file.writeUInt16LE(CHARACTERISTICS, PE_OFFSET + 22);
  const optional = PE_OFFSET + 24;
  file.writeUInt16LE(0x20b, optional);
  file.writeUInt32LE(entry, optional + 16);
  file.writeUInt32LE(entry, optional + 20);
  file.writeUInt32LE(PAGE, optional + 32);
  file.writeUInt32LE(FILE_ALIGNMENT, optional + 36);
  file.writeUInt32LE(imageSize, optional + 56);
  file.writeUInt32LE(file.length, optional + 60);
  file.writeUInt16LE(EFI_APPLICATION, optional + 68);
  file.writeUInt16LE(NX_COMPATIBLE, optional + 70);
  file.writeUInt32LE(DIRECTORIES, optional + 108);
}

function writeSection(
  file: Buffer,
  at: number,
  { name, data, flags }: ProgramSection,
  { offset, rawSize, address }: { offset: number; rawSize: number; address: number },
): void {
  file.write(name, at, 8, 'latin1');
  file.writeUInt32LE(data.length, at + 8);
  file.writeUInt32LE(address, at + 12);
  file.writeUInt32LE(rawSize, at + 16);
  file.writeUInt32LE(offset, at + 20);
  file.writeUInt32LE(flags, at + 36);
}

function align(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
