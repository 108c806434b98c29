import type { Bank } from '../measure/bank.ts';

/** SHA-256 in IANA's Named Information Hash Algorithm Registry. */
export const SHA_256 = 1;

/** The banks' hash algorithms in that registry; it has no SHA-1. */
export const NAMED_INFORMATION: Readonly<Partial<Record<Bank, number>>> = {
  sha256: SHA_256,
  sha384: 7,
  sha512: 8,
};
