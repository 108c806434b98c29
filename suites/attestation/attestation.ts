import type { GuestCommandResult } from '../../harness/guest/command-output.ts';
import type { GuestQuote } from '../../harness/guest/guest-tpm.ts';
import type { PcrValues } from '../../harness/measure/event.ts';

/** A quote with the nonce that the verifier had sent. */
export type AskedQuote = GuestQuote & { readonly nonce: Uint8Array };

/** What a verifier was handed by a guest, and what it knew before. Keys are TPMT_PUBLICs. */
export type Attestation = {
  /** When it was handed over. */
  readonly at: Date;
  /** PEM of the authority that certifies the guest's vTPM, and of one that does not. */
  readonly authority: Uint8Array;
  readonly otherAuthority: Uint8Array;
  /** Values that the PCRs must have: the forecast's, of SHA-256. */
  readonly forecast: PcrValues;
  /** DER. */
  readonly ekCertificate: Uint8Array;
  readonly ek: Uint8Array;
  readonly ak: Uint8Array;
  readonly otherAk: Uint8Array;
  /** A signing key that is not restricted. */
  readonly freeKey: Uint8Array;
  readonly activation: {
    readonly value: Uint8Array;
    readonly genuine: GuestCommandResult;
    readonly forOtherObject: GuestCommandResult;
    readonly forOtherEk: GuestCommandResult;
  };
  readonly quotes: {
    readonly genuine: AskedQuote;
    /** Made a while after `genuine`. */
    readonly second: AskedQuote;
    readonly byOtherAk: AskedQuote;
    readonly byFreeKey: AskedQuote;
    /** Of fewer PCRs than the verifier asks for. */
    readonly fewer: AskedQuote;
    /** Made after a PCR was extended once more. */
    readonly changed: AskedQuote;
  };
  /** The firmware's event log, and systemd's. */
  readonly eventLog: Uint8Array;
  readonly userspaceLog: Uint8Array;
  /** A TPMS_ATTEST made by nobody's TPM, and who would sign it. */
  readonly forged: {
    readonly attest: Uint8Array;
    readonly nonce: Uint8Array;
    readonly byFreeKey: GuestCommandResult;
    readonly byAk: GuestCommandResult;
  };
  readonly otherTpm: {
    readonly ek: Uint8Array;
    readonly ekCertificate: Uint8Array;
    readonly ak: Uint8Array;
    readonly quote: AskedQuote;
  };
};

/** What the verifier asks for. */
export const ASKED_PCRS: readonly number[] = Array.from({ length: 16 }, (_, pcr) => pcr);

/** What a lesser quote has. */
export const FEWER_PCRS: readonly number[] = ASKED_PCRS.filter((pcr) => pcr !== 11);

/** Is extended once more. */
export const CHANGED_PCR = 11;
