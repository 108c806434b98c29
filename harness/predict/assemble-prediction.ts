import { type Bank, zeroPcr } from '../measure/bank.ts';
import { replay } from '../measure/replay.ts';
import type { Contribution } from './contribution.ts';
import type { Prediction, Unpredictable } from './prediction.ts';

/** The PCRs that are forecast: those of the firmware and of the operating system's static root of trust. */
const PCRS = Array.from({ length: 16 }, (_, pcr) => pcr);

/**
 * Makes the prediction of a boot from all that is measured in it. A PCR that nothing extends keeps
 * its value after the reset.
 *
 * @param boot every step, in order
 * @param banks which banks
 */
export function assemblePrediction(boot: Contribution, banks: readonly Bank[]): Prediction {
  const unpredictable = onePerPcr(boot.unpredictable);
  const predictable = PCRS.filter((pcr) => !unpredictable.some((entry) => entry.pcr === pcr));
  const values = (bank: Bank) => {
    const extended = replay(boot.events, bank);
    return Object.fromEntries(predictable.map((pcr) => [pcr, extended[pcr] ?? zeroPcr(bank)]));
  };
  return {
    banks: Object.fromEntries(banks.map((bank) => [bank, values(bank)])),
    events: boot.events,
    unpredictable,
  };
}

/** One entry a PCR, with every reason once. */
function onePerPcr(entries: readonly Unpredictable[]): readonly Unpredictable[] {
  return PCRS.flatMap((pcr) => {
    const reasons = entries.filter((entry) => entry.pcr === pcr).map(({ reason }) => reason);
    return reasons.length === 0 ? [] : [{ pcr, reason: [...new Set(reasons)].join('; ') }];
  });
}
