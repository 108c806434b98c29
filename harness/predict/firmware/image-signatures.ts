import { FormatError } from '../../bytes/format-error.ts';
import { type ByteSource, readRange } from '../../bytes/source.ts';
import {
  type AuthenticodeSignature,
  imageHashOf,
  readAuthenticodeSignature,
} from '../../formats/authenticode-signature.ts';
import { walkCertificateTable } from '../../formats/certificate-table.ts';
import { type CmsSigner, readSignedData } from '../../formats/cms.ts';
import type { HashName } from '../../formats/hash-name.ts';
import type { PeImage } from '../../formats/pe.ts';
import type { FileRange } from '../../formats/pe-headers.ts';

/** What firmware and shim look at of a signature: no more of it than edk2 takes. */
const MAX_HEAD_BYTES = 41;

/** The signatures of an image that edk2 looks at: those over a digest that it can compute. */
export type ImageSignatures = {
  /** Whether the image has a certificate table; without one, its digest has to be in db. */
  readonly isSigned: boolean;
  readonly signatures: readonly ImageSignature[];
  /** What is wrong with the certificate table: with such a one, edk2 runs no image. */
  readonly tableProblem: string | undefined;
};

/** A signature over a digest of the image; one that is damaged, or signs something else, has no content. */
export type ImageSignature = {
  readonly hash: HashName;
  /** Absent where OpenSSL could not read them. */
  readonly signers: readonly CmsSigner[] | undefined;
} & (
  | { readonly content: AuthenticodeSignature }
  | { readonly content: undefined; readonly problem: string }
);

/**
 * Reads the signatures of an image. What is damaged is kept as damaged: what the firmware does then
 * depends on its databases.
 *
 * @param source the image
 * @param pe its headers
 */
export function readImageSignatures(source: ByteSource, pe: PeImage): ImageSignatures {
  const isSigned = pe.certificateTable !== undefined;
  const { certificates, problem } = walkCertificateTable(source, pe);
  const signatures = certificates.flatMap(({ signedData }) =>
    signedData === undefined ? [] : signatureOverImage(source, signedData),
  );
  return { isSigned, signatures, tableProblem: problem?.message };
}

/**
 * Reads one signature, or says what is the matter with it.
 *
 * @param source the image
 * @param range where the CMS ContentInfo is
 */
export function readSignature(
  source: ByteSource,
  range: FileRange,
): AuthenticodeSignature | FormatError {
  try {
    return readAuthenticodeSignature(source, range);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** Nothing where edk2 passes over the signature. */
function signatureOverImage(source: ByteSource, range: FileRange): readonly ImageSignature[] {
  const headBytes = Math.min(range.size, MAX_HEAD_BYTES);
  const hash = imageHashOf(readRange(source, range.offset, headBytes, 'CMS ContentInfo'));
  return hash === undefined ? [] : [imageSignature(source, range, hash)];
}

/**
 * A signature that is taken for one over a digest of the image.
 *
 * @param source the image
 * @param range where the CMS ContentInfo is
 * @param hash the digest
 */
export function imageSignature(
  source: ByteSource,
  range: FileRange,
  hash: HashName,
): ImageSignature {
  const content = readSignature(source, range);
  if (!(content instanceof FormatError)) return { hash, signers: content.signers, content };
  const signers = readSigners(source, range);
  return { hash, signers, content: undefined, problem: content.message };
}

function readSigners(source: ByteSource, range: FileRange): readonly CmsSigner[] | undefined {
  try {
    return readSignedData(source, range).signers;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
