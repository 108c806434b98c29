import type { Bank } from '../measure/bank.ts';
import type { ExpectedEvent, PcrValues } from '../measure/event.ts';

/**
 * What a forecast event rests on. `computed`: files, and the tables that QEMU makes. `learned`: bytes
 * taken from the memory of this firmware when it ran alone on such a machine.
 */
export type Basis = 'computed' | 'learned';

/** An event that is forecast, with what the forecast rests on. */
export type PredictedEvent = ExpectedEvent & { readonly basis: Basis };

/** A PCR whose value cannot be known before the boot, with the sentence that says why. */
export type Unpredictable = { readonly pcr: number; readonly reason: string };

/** A PCR whose value was not computed from files alone, with what had to be learned. */
export type Learned = { readonly pcr: number; readonly what: string };

/**
 * What a boot will measure: every event in order, and the PCR values that follow. A PCR that cannot
 * be known is absent from `banks` and listed in `unpredictable`; it is never guessed. A value that
 * rests on anything learned is listed in `learned`; every other one is computed.
 */
export type Prediction = {
  readonly banks: PcrValues;
  readonly events: readonly PredictedEvent[];
  readonly learned: readonly Learned[];
  readonly unpredictable: readonly Unpredictable[];
};

/** What every measuring agent needs to know to forecast its events. */
export type Forecast = { readonly banks: readonly Bank[] };
