import type { Digests } from './bank.ts';

/**
 * One extend of one PCR, be it forecast, read from a log or seen by the TPM.
 * `type` is the TCG name of the event type (`EV_SEPARATOR`), or systemd's event type for its
 * userspace log (`phase`).
 */
export type MeasuredEvent = {
  readonly pcr: number;
  readonly type: string;
  readonly digests: Digests;
  /** What the measured bytes are, for people; never compared. */
  readonly description: string;
  /**
   * What is known of the bytes behind the digests, lower-case hex: of an event in a log its event
   * field, of a forecast the measured bytes where they are few. Never compared; it is there so that
   * a difference can be put into words.
   */
  readonly data?: string;
};

/** Programs on the boot path that extend PCRs. */
export type MeasuringAgent =
  | 'firmware'
  | 'shim'
  | 'systemd-boot'
  | 'systemd-stub'
  | 'linux-efi-stub'
  | 'ima'
  | 'systemd';

/** A measurement that is forecast: who makes it is known. */
export type ExpectedEvent = MeasuredEvent & { readonly agent: MeasuringAgent };

/** PCR values of one or more banks: `pcrs.sha256?.[4]` is lower-case hex. */
export type PcrValues = Readonly<
  Partial<Record<'sha1' | 'sha256' | 'sha384' | 'sha512', Readonly<Record<number, string>>>>
>;
