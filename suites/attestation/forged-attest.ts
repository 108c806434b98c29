import { createHash } from 'node:crypto';
import type { PcrValues } from '../../harness/measure/event.ts';

const DIGEST_BYTES = 32;

/**
 * A real quote with the PCR digest of other values: the digest is what it ends with (TPM 2.0 Library, Part 2,
 * 10.12.1).
 *
 * @param attest TPMS_ATTEST with a digest of SHA-256
 * @param pcrs that it selects, of the SHA-256 bank
 */
export function forgedAttest(
  attest: Uint8Array,
  pcrs: readonly number[],
  { sha256 = {} }: PcrValues,
): Uint8Array {
  const digest = createHash('sha256');
  for (const pcr of pcrs) digest.update(Buffer.from(sha256[pcr] ?? '', 'hex'));
  return Buffer.concat([attest.subarray(0, -DIGEST_BYTES), digest.digest()]);
}
