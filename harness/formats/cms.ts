import { toHex } from '../bytes/hex.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { type Certificate, readCertificate } from './certificate.ts';
import {
  DER_TAG,
  DerCursor,
  type DerElement,
  expectElement,
  expectOid,
  optionalElement,
  readElement,
} from './der.ts';
import { type HashName, hashByOid } from './hash-name.ts';
import type { FileRange } from './pe-headers.ts';

/** One SignerInfo (RFC 5652, 5.3) with its certificate. */
export type CmsSigner = {
  readonly certificate: Certificate;
  /** The hash algorithm of the signature; absent where it is none that firmware knows. */
  readonly hash: HashName | undefined;
  /** DER of the signed attributes as the SET that is signed; absent where there are none. */
  readonly signedAttributes: Uint8Array | undefined;
  /** The attribute messageDigest, lower-case hex. */
  readonly messageDigest: string | undefined;
  readonly signature: Uint8Array;
};

/** SignedData (RFC 2315, 9.1), whatever it is over: what OpenSSL must be able to read before all else. */
export type CmsSignedData = {
  /** The hash algorithms that the SignedData announces. */
  readonly announced: readonly HashName[];
  /** The embedded certificates, in order. */
  readonly certificates: readonly Certificate[];
  readonly signers: readonly CmsSigner[];
};

/** Object identifiers by the hex of their DER content. */
const OID = {
  /** 1.2.840.113549.1.7.2 */
  signedData: '2a864886f70d010702',
  /** 1.2.840.113549.1.9.4 */
  messageDigest: '2a864886f70d010904',
} as const;

/** Real signatures have a few KiB; edk2 takes none whose length needs more than two bytes. */
const MAX_BYTES = 1 << 20;
/** Chains have two or three certificates; more only cost time. */
const MAX_ITEMS = 64;

/**
 * Reads the certificates and signers of a signature, whatever is signed.
 *
 * @param source the image
 * @param range where the CMS ContentInfo is
 * @throws FormatError where the bytes are no SignedData, or a signer's certificate is not embedded
 */
export function readSignedData(source: ByteSource, range: FileRange): CmsSignedData {
  return openSignature(source, range).signedData;
}

/** SignedData, and what it is over. */
export type OpenedSignature = {
  /** From its ContentInfo on. */
  readonly bytes: Uint8Array;
  readonly signedData: CmsSignedData;
  /** Covers the ContentInfo that is signed: a content type, and the content behind it. */
  readonly content: DerCursor;
};

/**
 * Reads a signature like {@link readSignedData}, for whoever also reads what is signed.
 *
 * @throws FormatError as {@link readSignedData} does
 */
export function openSignature(source: ByteSource, range: FileRange): OpenedSignature {
  const start = new DerCursor(source.name, new Uint8Array(), range.offset);
  if (range.size > MAX_BYTES) {
    throw start.errorAt(range.offset, `at most ${MAX_BYTES} bytes of CMS`, `${range.size} bytes`);
  }
  const bytes = readRange(source, range.offset, range.size, 'CMS ContentInfo');
  const cursor = new DerCursor(source.name, bytes, range.offset);
  const contentInfo = cursor.inside(expectElement(cursor, DER_TAG.sequence, 'CMS ContentInfo'));
  requireOid(contentInfo, OID.signedData, 'content type SignedData');
  return { bytes, ...readFields(explicit(contentInfo, 'SignedData')) };
}

function readFields(fields: DerCursor) {
  expectElement(fields, DER_TAG.integer, 'CMS version');
  const announced = items(fields, expectElement(fields, DER_TAG.set, 'digestAlgorithms'));
  const encapsulated = expectElement(fields, DER_TAG.sequence, 'encapContentInfo');
  const content = fields.inside(encapsulated);
  checkContentInfo(fields.inside(encapsulated));
  const embedded = optionalElement(fields, DER_TAG.context0, 'CMS certificates');
  optionalElement(fields, DER_TAG.context1, 'CMS revocation lists');
  const certificates = (embedded === undefined ? [] : items(fields, embedded)).map((element) =>
    readCertificate(fields.file, element.bytes, element.offset),
  );
  const signers = items(fields, expectElement(fields, DER_TAG.set, 'signerInfos')).map((element) =>
    readSigner(fields.inside(element), certificates),
  );
  requireEnd(fields, 'SignedData');
  const hashes = announced.map((element) => hashOf(fields, element)).filter(isKnown);
  return { content, signedData: { announced: hashes, certificates, signers } };
}

/** A content type, and [0] with one element at most (RFC 2315, 7): what it is does not matter here. */
function checkContentInfo(fields: DerCursor): void {
  expectOid(fields, 'content type');
  const wrapper = optionalElement(fields, DER_TAG.context0, 'content');
  requireEnd(fields, 'encapContentInfo');
  if (wrapper === undefined) return;
  const inner = fields.inside(wrapper);
  readElement(inner, 'content');
  requireEnd(inner, 'content');
}

function readSigner(fields: DerCursor, certificates: readonly Certificate[]): CmsSigner {
  expectElement(fields, DER_TAG.integer, 'SignerInfo version');
  const sid = expectElement(fields, DER_TAG.sequence, 'issuerAndSerialNumber');
  const wanted = toHex(sid.content);
  const certificate = certificates.find(({ issuerAndSerial }) => issuerAndSerial === wanted);
  if (certificate === undefined) {
    throw fields.errorAt(sid.offset, 'a signer whose certificate is embedded', 'another one');
  }
  const algorithm = readElement(fields, 'digestAlgorithm');
  const attributes = optionalElement(fields, DER_TAG.context0, 'signedAttrs');
  readAlgorithm(fields, readElement(fields, 'signatureAlgorithm'));
  const signature = expectElement(fields, DER_TAG.octetString, 'signature');
  optionalElement(fields, DER_TAG.context1, 'unsignedAttrs');
  requireEnd(fields, 'SignerInfo');
  return {
    certificate,
    hash: hashOf(fields, algorithm),
    signedAttributes: attributes && asSet(attributes),
    messageDigest: attributes && findMessageDigest(fields, attributes),
    signature: signature.content,
  };
}

/** The signed attributes are signed as a SET, though they stand as [0] (RFC 5652, 5.4). */
function asSet(attributes: DerElement): Uint8Array {
  const bytes = Uint8Array.from(attributes.bytes);
  bytes[0] = DER_TAG.set;
  return bytes;
}

function findMessageDigest(cursor: DerCursor, attributes: DerElement): string | undefined {
  for (const element of items(cursor, attributes)) {
    const attribute = cursor.inside(element);
    if (expectOid(attribute, 'attribute type') !== OID.messageDigest) continue;
    const values = attribute.inside(expectElement(attribute, DER_TAG.set, 'attribute values'));
    return toHex(expectElement(values, DER_TAG.octetString, 'messageDigest').content);
  }
  return undefined;
}

function hashOf(cursor: DerCursor, algorithm: DerElement): HashName | undefined {
  return hashByOid(readAlgorithm(cursor, algorithm));
}

/** AlgorithmIdentifier: an OID, and one parameter at most (RFC 5280, 4.1.1.2). */
function readAlgorithm(cursor: DerCursor, element: DerElement): string {
  const what = 'an algorithm';
  const fields = cursor.inside(
    expectElement(
      new DerCursor(cursor.file, element.bytes, element.offset),
      DER_TAG.sequence,
      what,
    ),
  );
  const oid = expectOid(fields, 'algorithm');
  if (fields.remaining > 0) readElement(fields, 'parameter of an algorithm');
  requireEnd(fields, 'an algorithm');
  return oid;
}

/** OpenSSL takes no SEQUENCE with more in it than belongs there. */
function requireEnd(cursor: DerCursor, what: string): void {
  if (cursor.remaining === 0) return;
  throw cursor.errorAt(cursor.offset, `the end of ${what}`, `${cursor.remaining} bytes more`);
}

function isKnown(hash: HashName | undefined): hash is HashName {
  return hash !== undefined;
}

function items(cursor: DerCursor, set: DerElement): readonly DerElement[] {
  const inner = cursor.inside(set);
  const elements: DerElement[] = [];
  while (inner.remaining > 0) {
    if (elements.length === MAX_ITEMS) {
      throw cursor.errorAt(inner.offset, `at most ${MAX_ITEMS} elements of a CMS set`, 'one more');
    }
    elements.push(readElement(inner, 'element of a CMS set'));
  }
  return elements;
}

function explicit(cursor: DerCursor, what: string): DerCursor {
  const inner = cursor.inside(expectElement(cursor, DER_TAG.context0, what));
  return inner.inside(expectElement(inner, DER_TAG.sequence, what));
}

/**
 * Takes an object identifier, which must be this one.
 *
 * @param oid hex of its DER content
 * @throws FormatError where it is another one
 */
export function requireOid(cursor: DerCursor, oid: string, what: string): void {
  const start = cursor.offset;
  const found = expectOid(cursor, what);
  if (found !== oid) throw cursor.errorAt(start, `${what} (OID ${oid})`, `OID ${found}`);
}
