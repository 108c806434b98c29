import { createHash, type Hash } from 'node:crypto';
import { fromHex, toHex } from '../bytes/hex.ts';

/**
 * The hash algorithms that PCR banks use: TCG name, TPM_ALG_ID (TCG Algorithm Registry 1.34,
 * table 3) and digest size in bytes.
 */
export const BANKS = {
  sha1: { algId: 0x0004, digestBytes: 20 },
  sha256: { algId: 0x000b, digestBytes: 32 },
  sha384: { algId: 0x000c, digestBytes: 48 },
  sha512: { algId: 0x000d, digestBytes: 64 },
} as const;

/** Name of a PCR bank. */
export type Bank = keyof typeof BANKS;

/** Every bank this project computes, in the order of their TPM_ALG_ID. */
export const ALL_BANKS = Object.keys(BANKS) as readonly Bank[];

/** One digest per bank, lower-case hex. A bank that was not asked for is absent. */
export type Digests = Readonly<Partial<Record<Bank, string>>>;

/** Whether a text names a bank of {@link BANKS}. */
export function isBank(name: string): name is Bank {
  return Object.hasOwn(BANKS, name);
}

/**
 * Digests of bytes in several banks, each byte read once.
 *
 * @param banks which digests to compute
 * @param chunks the bytes in order; a single array or pieces of it
 */
export function digestsOf(
  banks: readonly Bank[],
  chunks: Uint8Array | Iterable<Uint8Array>,
): Digests {
  const hashes = banks.map((bank): [Bank, Hash] => [bank, createHash(bank)]);
  for (const chunk of chunks instanceof Uint8Array ? [chunks] : chunks) {
    for (const [, hash] of hashes) hash.update(chunk);
  }
  return Object.fromEntries(hashes.map(([bank, hash]) => [bank, hash.digest('hex')]));
}

/** The value of a PCR after a reset: zeros, in lower-case hex. */
export function zeroPcr(bank: Bank): string {
  return '00'.repeat(BANKS[bank].digestBytes);
}

/**
 * The TPM's extend: `H(old ‖ digest)` (TPM 2.0 Library, Part 1, PCR extend).
 *
 * @param bank the bank both values belong to
 * @param pcr the PCR's present value, lower-case hex
 * @param digest the digest to extend with, lower-case hex
 * @returns the PCR's next value, lower-case hex
 * @throws TypeError where a value is not a digest of this bank
 */
export function extendPcr(bank: Bank, pcr: string, digest: string): string {
  const hash = createHash(bank);
  for (const value of [pcr, digest]) {
    const bytes = fromHex(value);
    if (bytes?.length !== BANKS[bank].digestBytes) {
      throw new TypeError(`not a ${bank} digest: ${value}`);
    }
    hash.update(bytes);
  }
  return toHex(hash.digest());
}
