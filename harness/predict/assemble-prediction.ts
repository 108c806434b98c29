import { type Bank, zeroPcr } from '../measure/bank.ts';
import { replay } from '../measure/replay.ts';
import type { Contribution } from './contribution.ts';
import type { Learned, PredictedEvent, Prediction, Unpredictable } from './prediction.ts';

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
    learned: learnedIn(boot.events, predictable),
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

/** The known PCRs that were not computed from files alone, and the events that were learned. */
function learnedIn(
  events: readonly PredictedEvent[],
  predictable: readonly number[],
): readonly Learned[] {
  return predictable.flatMap((pcr) => {
    const own = events.filter((event) => event.pcr === pcr && event.basis === 'learned');
    return own.length === 0
      ? []
      : [{ pcr, what: own.map((event) => event.description).join('; ') }];
  });
}
