import { ALL_BANKS, BANKS, type Bank } from '../measure/bank.ts';
import { registeredAlgorithm } from '../measure/log-algorithm.ts';

/** TPM_ALG_ID (TCG Algorithm Registry 1.34, table 3; TPM 2.0 Library, Part 2, 6.3). */
export const TPM_ALG = {
  rsa: 0x0001,
  tdes: 0x0003,
  sha1: 0x0004,
  hmac: 0x0005,
  aes: 0x0006,
  keyedHash: 0x0008,
  xor: 0x000a,
  sha256: 0x000b,
  null: 0x0010,
  sm4: 0x0013,
  rsassa: 0x0014,
  rsaes: 0x0015,
  rsapss: 0x0016,
  oaep: 0x0017,
  ecdsa: 0x0018,
  ecdh: 0x0019,
  ecdaa: 0x001a,
  sm2: 0x001b,
  ecschnorr: 0x001c,
  ecmqv: 0x001d,
  ecc: 0x0023,
  symCipher: 0x0025,
  camellia: 0x0026,
  cfb: 0x0043,
} as const;

/** A hash algorithm by its TPM_ALG_ID, where this project computes it. */
export function hashOf(algId: number): Bank | undefined {
  return ALL_BANKS.find((bank) => BANKS[bank].algId === algId);
}

/** An algorithm for people: its TCG name where it has one here, else `0x0099`. */
export function algorithmName(algId: number): string {
  const hash = registeredAlgorithm(algId)?.name;
  const other = Object.entries(TPM_ALG).find(([, id]) => id === algId)?.[0];
  return hash ?? other?.toUpperCase() ?? `0x${algId.toString(16).padStart(4, '0')}`;
}
