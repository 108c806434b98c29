import { createHash } from 'node:crypto';
import { toHex } from '../bytes/hex.ts';
import { BANKS, type Bank } from '../measure/bank.ts';
import { sized, u16, u32 } from './marshal.ts';

/**
 * The name of an object: `nameAlg ‖ H(TPMT_PUBLIC)` (TPM 2.0 Library, Part 1, 16).
 *
 * @param hash the object's name algorithm
 * @param publicArea its TPMT_PUBLIC
 * @returns lower-case hex
 */
export function objectName(hash: Bank, publicArea: Uint8Array): string {
  const digest = createHash(hash).update(publicArea).digest();
  return toHex(Buffer.concat([u16(BANKS[hash].algId), digest]));
}

/** What an NV index is: TPMS_NV_PUBLIC (Part 2, 13.5). */
export type NvPublic = {
  /** TPM_HT_NV_INDEX and number, e.g. 0x01800000. */
  readonly index: number;
  readonly nameAlg: Bank;
  /** TPMA_NV; with TPMA_NV_WRITTEN (bit 29) as soon as something was written. */
  readonly attributes: number;
  /** Digest of the policy for access, lower-case hex; empty where there is none. */
  readonly authPolicy: string;
  /** Size of its data in bytes. */
  readonly dataSize: number;
};

/**
 * The name of an NV index: `nameAlg ‖ H(TPMS_NV_PUBLIC)` (Part 1, 16).
 *
 * @returns lower-case hex
 * @public
 */
export function nvIndexName(nv: NvPublic): string {
  const bytes = Buffer.concat([
    u32(nv.index),
    u16(BANKS[nv.nameAlg].algId),
    u32(nv.attributes),
    sized(Buffer.from(nv.authPolicy, 'hex')),
    u16(nv.dataSize),
  ]);
  return objectName(nv.nameAlg, bytes);
}
