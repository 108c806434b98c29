import type { MeasuredEvent, PcrValues } from './event.ts';

/** PCR values and, where the source tells them, the events that led to them. */
export type PcrEvidence = {
  readonly pcrs: PcrValues;
  /** Extends in order, EV_NO_ACTION not among them; absent where only the values are known. */
  readonly events?: readonly MeasuredEvent[];
  /** Whether it tells what a boot will be, and not what one was. */
  readonly isForecast?: true;
  /** The kernel's command line, where a dossier tells it. */
  readonly commandLine?: string;
  /** The machine, as the dossier or the prediction describes it. */
  readonly machine?: Readonly<Record<string, unknown>>;
};
