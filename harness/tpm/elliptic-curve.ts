/** A curve that both TPMs and node:crypto have. */
export type EllipticCurve = {
  /** TPM_ECC_CURVE (TCG Algorithm Registry 1.34, table 4). */
  readonly id: number;
  /** Its name in a JSON Web Key (RFC 7518, 6.2.1.1). */
  readonly jwk: string;
  /** OpenSSL's name. */
  readonly openssl: string;
  /** Size of a coordinate, and of each part of a signature. */
  readonly bytes: number;
};

export const ELLIPTIC_CURVES: readonly EllipticCurve[] = [
  { id: 0x0003, jwk: 'P-256', openssl: 'prime256v1', bytes: 32 },
  { id: 0x0004, jwk: 'P-384', openssl: 'secp384r1', bytes: 48 },
  { id: 0x0005, jwk: 'P-521', openssl: 'secp521r1', bytes: 66 },
];

/**
 * A number of a TPM in the size of its curve: TPMs drop or add leading zeros.
 *
 * @param number big-endian
 * @returns `undefined` where it is larger than the curve's
 */
export function ofSize(number: Uint8Array, bytes: number): Uint8Array | undefined {
  const first = number.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? new Uint8Array() : number.subarray(first);
  if (digits.length > bytes) return undefined;
  return Buffer.concat([new Uint8Array(bytes - digits.length), digits]);
}
