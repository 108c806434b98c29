import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { derElement, derOid, derSequence, derSmallInteger } from '../der-encode.ts';
import type { AuthenticodeSigning } from '../sign-authenticode.ts';

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

/** What goes into a signature. */
export type Signing = AuthenticodeSigning;

export { derElement as der, derSequence as sequence } from '../der-encode.ts';
export { contentInfo, signAuthenticode as makeSignature } from '../sign-authenticode.ts';

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
      ? derSequence(derOid('2a864886f70d01010b'), derElement(0x05))
      : derSequence(derOid('2a8648ce3d040302'));
  const [from, to] = made.years ?? [2020, 2040];
  const tbs = derSequence(
    ...(made.version === 1 ? [] : [derElement(0xa0, derSmallInteger(2))]),
    derSmallInteger(made.serial ?? 1),
    algorithm,
    name(issuer.subject),
    derSequence(utcTime(from), utcTime(to)),
    name(made.subject),
    createPublicKey(made.key).export({ type: 'spki', format: 'der' }),
    ...(made.version === 1
      ? []
      : [derElement(0xa3, derSequence(basicConstraints(made.ca ?? false)))]),
  );
  const signature = sign('sha256', tbs, issuer.key);
  return derSequence(tbs, algorithm, derElement(0x03, Buffer.from([0]), signature));
}

function basicConstraints(ca: boolean): Buffer {
  const value = derSequence(...(ca ? [derElement(0x01, Buffer.from([0xff]))] : []));
  return derSequence(
    derOid('551d13'),
    derElement(0x01, Buffer.from([0xff])),
    derElement(0x04, value),
  );
}

function name(commonName: string): Buffer {
  return derSequence(
    derElement(0x31, derSequence(derOid('550403'), derElement(0x0c, Buffer.from(commonName)))),
  );
}

function utcTime(year: number): Buffer {
  return derElement(0x17, Buffer.from(`${String(year % 100).padStart(2, '0')}0101000000Z`));
}
