import type { MeasuredEvent, PcrValues } from './event.ts';

/** PCR values and, where the source tells them, the events that led to them. */
export type PcrEvidence = {
  readonly pcrs: PcrValues;
  /** Extends in order, EV_NO_ACTION not among them; absent where only the values are known. */
  readonly events?: readonly MeasuredEvent[];
};
