import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type CmsSignedData, openSignature, requireOid } from './cms.ts';
import { DER_TAG, type DerCursor, expectElement } from './der.ts';
import { type HashName, hashByOid } from './hash-name.ts';
import type { FileRange } from './pe-headers.ts';

/** An Authenticode signature: CMS SignedData over the digest of an image. */
export type AuthenticodeSignature = FileRange &
  CmsSignedData & {
    /** The hash algorithm that edk2 takes for the image; absent where edk2 knows none. */
    readonly hash: HashName | undefined;
    /** The image's digest as SpcIndirectDataContent has it, lower-case hex. */
    readonly imageDigest: string;
    /** The content of SpcIndirectDataContent, without tag and length: what is signed. */
    readonly content: Uint8Array;
  };

/** OID 1.3.6.1.4.1.311.2.1.4, by the hex of its DER content. */
const SPC_INDIRECT_DATA = '2b060104018237020104';

/**
 * Reads an Authenticode signature.
 *
 * @param source the image
 * @param range where the CMS ContentInfo is; bytes behind it, as padding, are ignored
 * @throws FormatError where the bytes are no SignedData over an SpcIndirectDataContent, or a
 *   signer's certificate is not among the embedded ones
 * @see "Windows Authenticode Portable Executable Signature Format", RFC 5652 and RFC 2315
 */
export function readAuthenticodeSignature(
  source: ByteSource,
  range: FileRange,
): AuthenticodeSignature {
  const { bytes, signedData, content } = openSignature(source, range);
  return { ...range, hash: imageHashOf(bytes), ...signedData, ...readContent(content) };
}

/**
 * The hash algorithm that edk2 takes for an image. It is found not by parsing, but at byte 32 of the
 * signature: there it is the first of digestAlgorithms wherever the lengths around it have two bytes.
 *
 * @param bytes the signature, from its ContentInfo on
 * @returns `undefined` where edk2 knows none: it passes over such a signature
 * @see edk2 DxeImageVerificationLib.c, HashPeImageByType
 */
export function imageHashOf(bytes: Uint8Array): HashName | undefined {
  if (((bytes[1] ?? 0) & 0x82) !== 0x82) return undefined;
  return hashByOid(toHex(bytes.subarray(32, 41)));
}

/** SpcIndirectDataContent: a description, then the DigestInfo of the image. */
function readContent(contentInfo: DerCursor) {
  requireOid(contentInfo, SPC_INDIRECT_DATA, 'content type SpcIndirectDataContent');
  const wrapper = expectElement(contentInfo, DER_TAG.context0, 'SpcIndirectDataContent');
  const inner = contentInfo.inside(wrapper);
  const spc = expectElement(inner, DER_TAG.sequence, 'SpcIndirectDataContent');
  const parts = inner.inside(spc);
  expectElement(parts, DER_TAG.sequence, 'SpcAttributeTypeAndOptionalValue');
  const digestInfo = parts.inside(expectElement(parts, DER_TAG.sequence, 'DigestInfo'));
  expectElement(digestInfo, DER_TAG.sequence, 'digest algorithm');
  const digest = expectElement(digestInfo, DER_TAG.octetString, 'digest of the image');
  return { content: spc.content, imageDigest: toHex(digest.content) };
}
