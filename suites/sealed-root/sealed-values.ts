import type { Prediction } from '../../harness/predict/prediction.ts';

/** PCRs that policies are of. */
const FORECAST_PCRS = [4, 7, 11];

/** PCR values (SHA-256) at the moment when an initrd opens volumes. */
export type SealedValues = Readonly<Record<number, string>>;

/**
 * The values that were forecast of the PCRs that policies are of.
 *
 * @throws TypeError where one is missing
 */
export function valuesOf({ banks }: Pick<Prediction, 'banks'>): SealedValues {
  return only(banks.sha256 ?? {}, ...FORECAST_PCRS);
}

/**
 * The values of some PCRs.
 *
 * @throws TypeError where one is missing
 */
export function only(values: SealedValues, ...pcrs: readonly number[]): SealedValues {
  const chosen = pcrs.map((pcr) => {
    const value = values[pcr];
    if (value === undefined) throw new TypeError(`PCR ${pcr} is not forecast`);
    return [pcr, value] as const;
  });
  return Object.fromEntries(chosen);
}
