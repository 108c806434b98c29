import { Cursor } from '../../bytes/cursor.ts';
import { FormatError } from '../../bytes/format-error.ts';
import type { ByteSource } from '../../bytes/source.ts';
import type { PeImage } from '../../formats/pe.ts';
import type { FileRange } from '../../formats/pe-headers.ts';
import {
  type ImageSignature,
  type ImageSignatures,
  imageSignature,
} from '../firmware/image-signatures.ts';

/** WIN_CERT_TYPE_PKCS_SIGNED_DATA: shim looks at no other. */
const PKCS_SIGNED_DATA = 2;

const HEADER_BYTES = 8;
/** sizeof (WIN_CERTIFICATE_EFI_PKCS): an entry with less than that before the end of the file is one too many. */
const ENTRY_BYTES = 12;
const ALIGNMENT = 8;
/** Far more than any image has; keeps a hostile table from costing time. */
const MAX_CERTIFICATES = 256;

/**
 * Reads the signatures of an image that shim looks at: unlike edk2 it does not ask for padding behind
 * the last one, and holds each against the SHA-256 digest of the image.
 *
 * @param source the image
 * @param pe its headers
 * @see shim 16.1, verify.c (verify_buffer_authenticode)
 */
export function signaturesForShim(source: ByteSource, pe: PeImage): ImageSignatures {
  const { certificateTable: table } = pe;
  if (table === undefined) return { isSigned: false, signatures: [], tableProblem: undefined };
  const signatures: ImageSignature[] = [];
  try {
    for (const range of signedData(source, table))
      signatures.push(imageSignature(source, range, 'sha256'));
    return { isSigned: true, signatures, tableProblem: undefined };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { isSigned: true, signatures, tableProblem: error.message };
  }
}

function* signedData(source: ByteSource, table: FileRange): Generator<FileRange, void, undefined> {
  const end = table.offset + table.size;
  let count = 0;
  for (let offset = table.offset; offset < end; count += 1) {
    const room = end - offset;
    const cursor = Cursor.over(source, offset, Math.min(HEADER_BYTES, room), 'WIN_CERTIFICATE');
    const size = cursor.u32('dwLength of WIN_CERTIFICATE');
    cursor.take(2, 'wRevision of WIN_CERTIFICATE');
    const type = cursor.u16('wCertificateType of WIN_CERTIFICATE');
    const isWhole = offset + ENTRY_BYTES <= source.size;
    if (!isWhole || size < HEADER_BYTES || size > room || count === MAX_CERTIFICATES) {
      const expected = `a WIN_CERTIFICATE of ${HEADER_BYTES} to ${room} bytes`;
      throw cursor.errorAt(offset, expected, `${size} bytes`);
    }
    if (type === PKCS_SIGNED_DATA) {
      yield { offset: offset + HEADER_BYTES, size: size - HEADER_BYTES };
    }
    const next = offset - table.offset + size;
    offset = table.offset + Math.ceil(next / ALIGNMENT) * ALIGNMENT;
  }
}
