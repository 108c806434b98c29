import { createHash, type KeyObject, sign } from 'node:crypto';
import { readCertificate } from './certificate.ts';
import { derElement, derOid, derSequence, derSmallInteger } from './der-encode.ts';
import type { HashName } from './hash-name.ts';

/** Content of the object identifiers of hash algorithms, hex (see hash-name.ts). */
const HASHES: Readonly<Record<HashName, string>> = {
  sha1: '2b0e03021a',
  sha256: '608648016503040201',
  sha384: '608648016503040202',
  sha512: '608648016503040203',
};

const OID = {
  signedData: '2a864886f70d010702',
  contentType: '2a864886f70d010903',
  messageDigest: '2a864886f70d010904',
  rsaEncryption: '2a864886f70d010101',
  /** SPC_INDIRECT_DATA_OBJID and SPC_PE_IMAGE_DATA_OBJID. */
  spcIndirectData: '2b060104018237020104',
  spcPeImageData: '2b06010401823702010f',
} as const;

/** What goes into a signature. */
export type AuthenticodeSigning = {
  /** The image's Authenticode digest by `hash`, lower-case hex. */
  readonly imageDigest: string;
  /** SHA-256 where it is left out. */
  readonly hash?: HashName;
  /** Certificates in DER, with the keys that belong to them. */
  readonly signers: readonly { readonly certificate: Uint8Array; readonly key: KeyObject }[];
  /** Certificates in DER that are embedded, those of the signers among them. */
  readonly certificates: readonly Uint8Array[];
  /** Signs the content itself instead of attributes with its digest. */
  readonly withoutAttributes?: boolean;
};

/**
 * Signs an image's digest: a CMS SignedData over an SpcIndirectDataContent.
 *
 * @returns a CMS ContentInfo in DER
 * @throws FormatError where a signer's certificate is none
 * @see "Windows Authenticode Portable Executable Signature Format", RFC 2315
 */
export function signAuthenticode(signing: AuthenticodeSigning): Uint8Array {
  const { hash = 'sha256', certificates, imageDigest } = signing;
  const content = Buffer.concat([
    derSequence(derOid(OID.spcPeImageData), derSequence(derElement(0x03, Buffer.from([0])))),
    derSequence(algorithm(hash), derElement(0x04, Buffer.from(imageDigest, 'hex'))),
  ]);
  const signers = signing.signers.map((signer) => signerInfo(signing, signer, content));
  return contentInfo(
    OID.signedData,
    derSequence(
      derSmallInteger(1),
      derElement(0x31, algorithm(hash)),
      contentInfo(OID.spcIndirectData, derSequence(content)),
      derElement(0xa0, ...certificates),
      derElement(0x31, ...signers),
    ),
  );
}

/** ContentInfo: a type and [0] with the content. */
export function contentInfo(type: string, content: Uint8Array): Buffer {
  return derSequence(derOid(type), derElement(0xa0, content));
}

function signerInfo(
  { hash = 'sha256', withoutAttributes = false }: AuthenticodeSigning,
  { certificate, key }: AuthenticodeSigning['signers'][number],
  content: Uint8Array,
): Buffer {
  const { issuerAndSerial } = readCertificate('certificate of a signer', certificate, 0);
  const attributes = [
    attribute(OID.contentType, derOid(OID.spcIndirectData)),
    attribute(OID.messageDigest, derElement(0x04, createHash(hash).update(content).digest())),
  ];
  const signed = withoutAttributes ? content : derElement(0x31, ...attributes);
  return derSequence(
    derSmallInteger(1),
    derSequence(Buffer.from(issuerAndSerial, 'hex')),
    algorithm(hash),
    ...(withoutAttributes ? [] : [derElement(0xa0, ...attributes)]),
    derSequence(derOid(OID.rsaEncryption), derElement(0x05)),
    derElement(0x04, sign(hash, signed, key)),
  );
}

function attribute(type: string, value: Uint8Array): Buffer {
  return derSequence(derOid(type), derElement(0x31, value));
}

function algorithm(hash: HashName): Buffer {
  return derSequence(derOid(HASHES[hash]), derElement(0x05));
}
