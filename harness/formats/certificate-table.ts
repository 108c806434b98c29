import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { PeImage } from './pe.ts';
import type { FileRange } from './pe-headers.ts';

/** One WIN_CERTIFICATE of an image's attribute certificate table (UEFI 2.11, 32.2.4). */
export type WinCertificate = FileRange & {
  /** wCertificateType, e.g. 2 for WIN_CERT_TYPE_PKCS_SIGNED_DATA. */
  readonly type: number;
  /** Where its PKCS#7 SignedData is; absent where the entry holds something else. */
  readonly signedData: FileRange | undefined;
};

const PKCS_SIGNED_DATA = 0x0002;
const EFI_GUID = 0x0ef1;
/** EFI_CERT_TYPE_PKCS7_GUID. */
const PKCS7_GUID = '4aafd29d-68df-49ee-8aa9-347d375665a7';
const HEADER_BYTES = 8;
const GUID_HEADER_BYTES = 24;
const ALIGNMENT = 8;
/** Far more than any image has; keeps a hostile table from costing memory. */
const MAX_CERTIFICATES = 256;

/** The entries of a table up to the first that makes no sense, and what is the matter with that. */
export type WalkedTable = {
  readonly certificates: readonly WinCertificate[];
  readonly problem: FormatError | undefined;
};

/**
 * Reads an image's attribute certificate table. Each entry is padded to eight bytes, the last one
 * too: with another table edk2 takes no signature of the image at all.
 *
 * @returns the entries in order; none where the image has no table
 * @throws FormatError where the entries do not fill the table
 * @see edk2 SecurityPkg/Library/DxeImageVerificationLib/DxeImageVerificationLib.c
 */
export function readCertificateTable(source: ByteSource, pe: PeImage): readonly WinCertificate[] {
  const { certificates, problem } = walkCertificateTable(source, pe);
  if (problem !== undefined) throw problem;
  return certificates;
}

/**
 * Walks an image's attribute certificate table as far as it makes sense: edk2 looks at the signatures
 * up to there, and refuses the image afterwards.
 *
 * @returns no entries where the image has no table
 * @see edk2 SecurityPkg/Library/DxeImageVerificationLib/DxeImageVerificationLib.c
 */
export function walkCertificateTable(source: ByteSource, pe: PeImage): WalkedTable {
  const certificates: WinCertificate[] = [];
  try {
    for (const certificate of entriesOf(source, pe)) certificates.push(certificate);
    return { certificates, problem: undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { certificates, problem: error };
  }
}

function* entriesOf(
  source: ByteSource,
  { certificateTable: table }: PeImage,
): Generator<WinCertificate, void, undefined> {
  if (table === undefined) return;
  const end = table.offset + table.size;
  let count = 0;
  for (let offset = table.offset; offset < end; count += 1) {
    if (count === MAX_CERTIFICATES) {
      throw errorAt(source, offset, `at most ${MAX_CERTIFICATES} certificates`, 'one more');
    }
    const certificate = readEntry(source, offset, end);
    yield certificate;
    offset += padded(certificate.size);
  }
}

function readEntry(source: ByteSource, offset: number, end: number): WinCertificate {
  const cursor = Cursor.over(source, offset, Math.min(GUID_HEADER_BYTES, end - offset), 'WIN_CERT');
  const size = cursor.u32('dwLength of WIN_CERTIFICATE');
  cursor.take(2, 'wRevision of WIN_CERTIFICATE');
  const type = cursor.u16('wCertificateType of WIN_CERTIFICATE');
  const headerSize = type === EFI_GUID ? GUID_HEADER_BYTES : HEADER_BYTES;
  const holdsSomething = type === EFI_GUID || type === PKCS_SIGNED_DATA;
  const smallest = holdsSomething ? headerSize + 1 : headerSize;
  if (size < smallest || end - offset <= HEADER_BYTES || offset + padded(size) > end) {
    throw errorAt(
      source,
      offset,
      `a WIN_CERTIFICATE of ${smallest} to ${end - offset} bytes, padded to ${ALIGNMENT}`,
      `${size} bytes`,
    );
  }
  const isPkcs7 =
    type === PKCS_SIGNED_DATA || (type === EFI_GUID && cursor.guid('CertType') === PKCS7_GUID);
  const data = { offset: offset + headerSize, size: size - headerSize };
  return { offset, size, type, signedData: isPkcs7 ? data : undefined };
}

function padded(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

function errorAt(source: ByteSource, offset: number, expected: string, found: string): FormatError {
  return new FormatError({ file: source.name, offset, expected, found });
}
