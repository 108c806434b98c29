import { type KeyObject, sign, verify } from 'node:crypto';

/** ECDSA P-384 with SHA-384, the only algorithm (AMD 56860, chapter 10, table of algorithms). */
export const ECDSA_P384_SHA384 = 1;

/** Bytes of a number in the structures of the secure processor, little-endian. */
export const NUMBER_BYTES = 72;

/** Bytes of a number of the curve: what is behind them in a structure is zero. */
const SCALAR_BYTES = 48;

/** R and S as they stand in a structure: {@link NUMBER_BYTES} each, little-endian. */
export type EcdsaSignature = { readonly r: Uint8Array; readonly s: Uint8Array };

/** Whether a key, public or private, is one of ECDSA on P-384. */
export function isOnP384({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): boolean {
  return asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'secp384r1';
}

/**
 * Verifies a signature. Of the two values of S that ECDSA accepts, both are: the secure processor makes
 * either.
 *
 * @param signed what is signed
 * @param key public key
 * @returns what is wrong; absent where the signature holds
 */
export function ecdsaProblem(
  signed: Uint8Array,
  signature: EcdsaSignature,
  key: KeyObject,
): string | undefined {
  if (!isOnP384(key)) return 'the key is not on P-384';
  const r = bigEndian(signature.r);
  const s = bigEndian(signature.s);
  if (r === undefined || s === undefined) return 'R or S is larger than the order of P-384';
  const holds = verify('sha384', signed, { key, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]));
  return holds ? undefined : 'the signature is not of these bytes by this key';
}

/**
 * Signs as the secure processor verifies.
 *
 * @param key private key on P-384
 */
export function signEcdsa(data: Uint8Array, key: KeyObject): EcdsaSignature {
  const signature = sign('sha384', data, { key, dsaEncoding: 'ieee-p1363' });
  return {
    r: littleEndian(signature.subarray(0, SCALAR_BYTES)),
    s: littleEndian(signature.subarray(SCALAR_BYTES)),
  };
}

/**
 * A number of a structure as other programs take it.
 *
 * @returns 48 bytes, big-endian; absent where the number has more
 */
export function bigEndian(number: Uint8Array): Uint8Array | undefined {
  if (number.subarray(SCALAR_BYTES).some((byte) => byte !== 0)) return undefined;
  return number.subarray(0, SCALAR_BYTES).toReversed();
}

/** A number as structures have it: {@link NUMBER_BYTES}. */
export function littleEndian(number: Uint8Array): Uint8Array {
  const field = new Uint8Array(NUMBER_BYTES);
  field.set(number.toReversed());
  return field;
}
