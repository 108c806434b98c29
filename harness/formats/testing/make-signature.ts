import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { HashName } from '../hash-name.ts';

/** What stands in a made certificate. */
export type MadeCertificate = {
  readonly subject: string;
  readonly key: KeyObject;
  /** Who issues it; itself where left out. */
  readonly issuer?: Issuer;
  readonly ca?: boolean;
  readonly version?: 1 | 3;
  readonly serial?: number;
  /** Years of validity. */
  readonly years?: readonly [number, number];
};

export type Issuer = { readonly subject: string; readonly key: KeyObject };

export type Signing = {
  readonly imageDigest: string;
  readonly hash?: HashName;
  readonly signers: readonly { readonly certificate: Uint8Array; readonly key: KeyObject }[];
  readonly certificates: readonly Uint8Array[];
  readonly withoutAttributes?: boolean;
};

const HASHES: Readonly<Record<HashName, string>> = {
  sha1: '2b0e03021a',
  sha256: '608648016503040201',
  sha384: '608648016503040202',
  sha512: '608648016503040203',
};

/** A private RSA key. */
export function makeKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

/** A private key on P-256. */
export function makeEcKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** An X.509 certificate in DER (RFC 5280, 4.1), signed with SHA-256. */
export function makeCertificate(made: MadeCertificate): Uint8Array {
  const issuer = made.issuer ?? made;
  const algorithm =
    issuer.key.asymmetricKeyType === 'rsa'
      ? sequence(oid('2a864886f70d01010b'), der(0x05))
      : sequence(oid('2a8648ce3d040302'));
  const [from, to] = made.years ?? [2020, 2040];
  const tbs = sequence(
    ...(made.version === 1 ? [] : [der(0xa0, integer(2))]),
    integer(made.serial ?? 1),
    algorithm,
    name(issuer.subject),
    sequence(utcTime(from), utcTime(to)),
    name(made.subject),
    createPublicKey(made.key).export({ type: 'spki', format: 'der' }),
    ...(made.version === 1 ? [] : [der(0xa3, sequence(basicConstraints(made.ca ?? false)))]),
  );
  const signature = sign('sha256', tbs, issuer.key);
  return sequence(tbs, algorithm, der(0x03, Buffer.from([0]), signature));
}

/** An Authenticode signature: a CMS ContentInfo in DER. */
export function makeSignature(signing: Signing): Uint8Array {
  const { hash = 'sha256', certificates, imageDigest } = signing;
  const content = Buffer.concat([
    sequence(oid('2b06010401823702010f'), sequence(der(0x03, Buffer.from([0])))),
    sequence(hashAlgorithm(hash), der(0x04, Buffer.from(imageDigest, 'hex'))),
  ]);
  const signers = signing.signers.map((signer) => signerInfo(signing, signer, content));
  return contentInfo(
    '2a864886f70d010702',
    sequence(
      integer(1),
      der(0x31, hashAlgorithm(hash)),
      contentInfo('2b060104018237020104', sequence(content)),
      der(0xa0, ...certificates),
      der(0x31, ...signers),
    ),
  );
}

/** ContentInfo: a type and [0] with the content. */
export function contentInfo(type: string, content: Uint8Array): Buffer {
  return sequence(oid(type), der(0xa0, content));
}

/** A DER SEQUENCE. */
export function sequence(...content: readonly Uint8Array[]): Buffer {
  return der(0x30, ...content);
}

/** A DER element. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 0x80
      ? [body.length]
      : body.length < 0x100
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function signerInfo(
  { hash = 'sha256', withoutAttributes }: Signing,
  signer: Signing['signers'][number],
  content: Uint8Array,
): Buffer {
  const attributes = [
    attribute('2a864886f70d010903', oid('2b060104018237020104')),
    attribute('2a864886f70d010904', der(0x04, createHash(hash).update(content).digest())),
  ];
  const signed = withoutAttributes ? content : der(0x31, ...attributes);
  return sequence(
    integer(1),
    issuerAndSerial(signer.certificate),
    hashAlgorithm(hash),
    ...(withoutAttributes ? [] : [der(0xa0, ...attributes)]),
    sequence(oid('2a864886f70d010101'), der(0x05)),
    der(0x04, sign(hash, signed, signer.key)),
  );
}

/** Picks serial number and issuer out of a certificate that makeCertificate made. */
function issuerAndSerial(certificate: Uint8Array): Buffer {
  const tbs = childrenOf(childrenOf(certificate)[0] ?? certificate);
  const [serial, , issuer] = tbs[0]?.[0] === 0xa0 ? tbs.slice(1) : tbs;
  return sequence(issuer ?? Buffer.of(), serial ?? Buffer.of());
}

function childrenOf(element: Uint8Array): readonly Uint8Array[] {
  const children: Uint8Array[] = [];
  for (let offset = headerOf(element, 0); offset < element.length; ) {
    const end = headerOf(element, offset) + lengthOf(element, offset);
    children.push(element.subarray(offset, end));
    offset = end;
  }
  return children;
}

function headerOf(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset + 1] ?? 0;
  return offset + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function lengthOf(bytes: Uint8Array, offset: number): number {
  const first = bytes[offset + 1] ?? 0;
  if (first < 0x80) return first;
  return Buffer.from(bytes).readUIntBE(offset + 2, first & 0x7f);
}

function attribute(type: string, value: Uint8Array): Buffer {
  return sequence(oid(type), der(0x31, value));
}

function hashAlgorithm(hash: HashName): Buffer {
  return sequence(oid(HASHES[hash]), der(0x05));
}

function basicConstraints(ca: boolean): Buffer {
  const value = sequence(...(ca ? [der(0x01, Buffer.from([0xff]))] : []));
  return sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, value));
}

function name(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function utcTime(year: number): Buffer {
  return der(0x17, Buffer.from(`${String(year % 100).padStart(2, '0')}0101000000Z`));
}

function integer(value: number): Buffer {
  return der(0x02, Buffer.from([value]));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}
