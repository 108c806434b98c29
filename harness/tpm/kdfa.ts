import { createHmac } from 'node:crypto';
import { BANKS, type Bank } from '../measure/bank.ts';
import { u32 } from './marshal.ts';

/** What a key is derived for: `label`, `contextU` and `contextV` of KDFa. */
export type KdfPurpose = {
  /** The specification's word, e.g. `STORAGE`; a NUL stands behind it. */
  readonly label: string;
  readonly contextU?: Uint8Array;
  readonly contextV?: Uint8Array;
};

/**
 * KDFa: the key derivation of SP 800-108 in counter mode with HMAC (TPM 2.0 Library, Part 1, 11.4.10.2).
 *
 * @param hash the hash algorithm of the HMAC
 * @param key what is derived from
 * @param bytes size of what is derived, in bytes
 */
export function kdfa(hash: Bank, key: Uint8Array, purpose: KdfPurpose, bytes: number): Uint8Array {
  const { label, contextU = new Uint8Array(), contextV = new Uint8Array() } = purpose;
  const rounds = Math.ceil(bytes / BANKS[hash].digestBytes);
  const blocks = Array.from({ length: rounds }, (_, round) =>
    createHmac(hash, key)
      .update(u32(round + 1))
      .update(`${label}\0`)
      .update(contextU)
      .update(contextV)
      .update(u32(bytes * 8))
      .digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}
