import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { bigEndian, isOnP384, littleEndian, NUMBER_BYTES } from './ecdsa-p384.ts';

/** Bytes of a public key in ID_AUTH. */
export const PUBLIC_KEY_BYTES = 0x404;

/** The curve P-384 (AMD 56860, chapter 10, ECDSA public key). */
const CURVE_P384 = 2;

const CURVE_BYTES = 4;
const POINT_BYTES = CURVE_BYTES + 2 * NUMBER_BYTES;

/**
 * A public key as ID_AUTH holds it: the curve, then QX and QY of 72 bytes each, all little-endian.
 *
 * @param key public or private key
 * @param file where it came from, for error messages
 * @returns {@link PUBLIC_KEY_BYTES} bytes
 * @throws FormatError where it is no key of ECDSA on P-384
 */
export function encodePublicKey(key: KeyObject, file: string): Uint8Array {
  const { x, y } = isOnP384(key) ? key.export({ format: 'jwk' }) : {};
  if (x === undefined || y === undefined) {
    const { namedCurve = '' } = key.asymmetricKeyDetails ?? {};
    const found = `one of ${key.asymmetricKeyType ?? 'another kind'} ${namedCurve}`.trimEnd();
    throw new FormatError({ file, offset: 0, expected: 'a key of ECDSA on P-384', found });
  }
  const encoded = Buffer.alloc(PUBLIC_KEY_BYTES);
  encoded.writeUInt32LE(CURVE_P384);
  encoded.set(littleEndian(Buffer.from(x, 'base64url')), CURVE_BYTES);
  encoded.set(littleEndian(Buffer.from(y, 'base64url')), CURVE_BYTES + NUMBER_BYTES);
  return encoded;
}

/**
 * The public key that ID_AUTH holds.
 *
 * @param encoded {@link PUBLIC_KEY_BYTES} bytes
 * @returns the key, or why it is none
 */
export function decodePublicKey(encoded: Uint8Array): KeyObject | string {
  const curve = Buffer.from(encoded).readUInt32LE();
  if (curve !== CURVE_P384) return `the curve of the key is ${curve}, not ${CURVE_P384} (P-384)`;
  if (encoded.subarray(POINT_BYTES).some((byte) => byte !== 0)) {
    return 'bytes behind the point of the key are not zero';
  }
  const x = bigEndian(encoded.subarray(CURVE_BYTES, CURVE_BYTES + NUMBER_BYTES));
  const y = bigEndian(encoded.subarray(CURVE_BYTES + NUMBER_BYTES, POINT_BYTES));
  return (x && y && pointKey(x, y)) ?? 'the point of the key is not on P-384';
}

function pointKey(x: Uint8Array, y: Uint8Array): KeyObject | undefined {
  const text = (number: Uint8Array) => Buffer.from(number).toString('base64url');
  try {
    const key = { kty: 'EC', crv: 'P-384', x: text(x), y: text(y) };
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return undefined;
  }
}

/** Digest by which an attestation report names a key: SHA-384 of all of it, reserved bytes included. */
export function keyDigest(encoded: Uint8Array): Uint8Array {
  return hash('sha384', encoded, 'buffer');
}
