import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { FormatError } from '../bytes/format-error.ts';
import { readJson } from '../bytes/json-text.ts';
import type { ByteSource } from '../bytes/source.ts';
import { ELLIPTIC_CURVES, ofSize } from './elliptic-curve.ts';
import { type PublicArea, type PublicKeyPart, readPublicArea } from './public-area.ts';
import { openStructure } from './unmarshal.ts';

/** A key that is said to have signed an attestation. */
export type AttestationKey = {
  /** A public key; or why it is none that can verify anything. */
  readonly key: KeyObject | string;
  /** What the TPM says of it; absent where the file is no TPM's form of a key. */
  readonly area: PublicArea | undefined;
};

const PEM = /^-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----/;

/** SEQUENCE, which no TPM2B of a key is long enough to begin with. */
const DER_SEQUENCE = 0x30;

const Jwk = z.looseObject({ kty: z.string() });

/**
 * Reads the public part of an attestation key: PEM or DER (a SubjectPublicKeyInfo, RFC 5280; an
 * RSAPublicKey, RFC 8017; or an X.509 certificate of it), a JSON Web Key (RFC 7517), TPMT_PUBLIC or
 * TPM2B_PUBLIC; told apart by how they begin.
 *
 * @throws FormatError where it is none of them, or a damaged one
 */
export function readAttestationKey(source: ByteSource): AttestationKey {
  const cursor = openStructure(source, 'a public key');
  const bytes = cursor.take(cursor.remaining, 'public key');
  const text = Buffer.from(bytes).toString('latin1').trimStart();
  if (PEM.test(text)) return { key: readPem(source.name, text), area: undefined };
  if (text.startsWith('{')) return { key: readJwk(source.name, bytes), area: undefined };
  if (bytes[0] === DER_SEQUENCE) return { key: readDer(source.name, bytes), area: undefined };
  if (text.startsWith('-----BEGIN')) throw unreadable(source.name, text.slice(0, LONGEST_HEAD));
  const area = readPublicArea(source);
  return { key: publicKeyOf(area.key), area };
}

/** Enough for the first line of PEM. */
const LONGEST_HEAD = 40;

function readPem(file: string, text: string): KeyObject {
  try {
    return createPublicKey(text);
  } catch (error) {
    throw unreadable(file, messageOf(error));
  }
}

function readJwk(file: string, bytes: Uint8Array): KeyObject {
  const jwk = readJson({ file, offset: 0, what: 'a JSON Web Key' }, bytes, Jwk);
  try {
    return createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  } catch (error) {
    throw unreadable(file, messageOf(error));
  }
}

function readDer(file: string, bytes: Uint8Array): KeyObject {
  const key = Buffer.from(bytes);
  const readers = [
    () => createPublicKey({ key, format: 'der', type: 'spki' }),
    () => createPublicKey({ key, format: 'der', type: 'pkcs1' }),
    () => new X509Certificate(key).publicKey,
  ];
  for (const read of readers) {
    try {
      return read();
    } catch {
      // It may be one of the others.
    }
  }
  throw unreadable(file, 'DER of something else');
}

/**
 * The key of a public area, for node:crypto.
 *
 * @returns why there is none, where there is none
 */
function publicKeyOf(part: PublicKeyPart): KeyObject | string {
  const jwk = part.kind === 'rsa' ? rsaJwk(part) : part.kind === 'ecc' ? eccJwk(part) : undefined;
  if (jwk === undefined) return 'the object has no public key';
  if (typeof jwk === 'string') return jwk;
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    return messageOf(error);
  }
}

function rsaJwk({ modulus, exponent }: Extract<PublicKeyPart, { kind: 'rsa' }>): JsonWebKey {
  const e = Buffer.alloc(4);
  e.writeUInt32BE(exponent);
  return { kty: 'RSA', n: base64url(modulus), e: base64url(ofSize(e, 4) ?? e) };
}

function eccJwk(part: Extract<PublicKeyPart, { kind: 'ecc' }>): JsonWebKey | string {
  const curve = ELLIPTIC_CURVES.find(({ id }) => id === part.curve);
  if (curve === undefined) return `curve 0x${part.curve.toString(16)} is not verified here`;
  const [x, y] = [ofSize(part.x, curve.bytes), ofSize(part.y, curve.bytes)];
  if (x === undefined || y === undefined) return `the point is not on ${curve.jwk}`;
  return { kty: 'EC', crv: curve.jwk, x: base64url(x), y: base64url(y) };
}

/** Size of the key's modulus; `undefined` where it is no RSA key. */
export function modulusBytes({ key }: AttestationKey): number | undefined {
  if (typeof key === 'string') return undefined;
  const bits = key.asymmetricKeyDetails?.modulusLength;
  return bits === undefined ? undefined : Math.ceil(bits / 8);
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function unreadable(file: string, found: string): FormatError {
  const expected = 'a public key as PEM, DER, JWK, TPM2B_PUBLIC or TPMT_PUBLIC';
  return new FormatError({ file, offset: 0, expected, found });
}
