import type { Bank } from '../measure/bank.ts';
import type { ExpectedEvent, PcrValues } from '../measure/event.ts';

/** A PCR whose value cannot be known before the boot, with the sentence that says why. */
export type Unpredictable = { readonly pcr: number; readonly reason: string };

/**
 * What a boot will measure: every event in order, and the PCR values that follow. A PCR that cannot
 * be known is absent from `banks` and listed in `unpredictable`; it is never guessed.
 */
export type Prediction = {
  readonly banks: PcrValues;
  readonly events: readonly ExpectedEvent[];
  readonly unpredictable: readonly Unpredictable[];
};

/** What every measuring agent needs to know to forecast its events. */
export type Forecast = { readonly banks: readonly Bank[] };
