import type { ImageAuthority } from './firmware/secure-boot.ts';

/** Why an image is refused, for programs. */
export type RefusalCode =
  /** It has no signature, and nothing knows its digest. */
  | 'not-signed'
  /** What signed it is trusted by nobody. */
  | 'no-matching-certificate'
  /** The signature is over other bytes than the image's. */
  | 'digest-mismatch'
  /** The signature does not verify with its own signer's key. */
  | 'bad-signature'
  /** The signature is no CMS that can be read. */
  | 'damaged-signature'
  /** Every signature is over a digest that the firmware does not compute. */
  | 'unknown-digest'
  /** The signer's key is of a kind that is not verified. */
  | 'unknown-key'
  | 'certificate-table'
  | 'hash-in-dbx'
  | 'certificate-in-dbx'
  | 'sbat'
  /** It is no EFI application or driver for x86-64. */
  | 'no-efi-image';

/** Code and text of a refusal; the text goes on after "the image is refused: ". */
export type Refusal = readonly [code: RefusalCode, reason: string];

/** What Secure Boot makes of an image. */
export type Verdict =
  /** It runs; the authorities are what is measured, in order. */
  | { readonly allowed: true; readonly authorities: readonly ImageAuthority[] }
  /** It does not; some authorities may have been measured before that was known. */
  | {
      readonly allowed: false;
      readonly code: RefusalCode;
      readonly reason: string;
      readonly authorities: readonly ImageAuthority[];
    };

/** A verdict that an image is refused. */
export function refused(
  code: RefusalCode,
  reason: string,
  authorities: readonly ImageAuthority[] = [],
): Verdict {
  return { allowed: false, code, reason, authorities };
}
