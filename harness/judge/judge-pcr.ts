import { type Bank, isBank } from '../measure/bank.ts';
import type { MeasuredEvent, PcrValues } from '../measure/event.ts';
import { firstDifference } from '../measure/first-difference.ts';
import type { Prediction } from '../predict/prediction.ts';
import type { Judgement } from './judgement.ts';
import { LOG_FILE, type Observation, PCR_FILE } from './observation.ts';

/** Banks of a prediction, in the order of the TCG registry. */
export function banksOf(prediction: Prediction): readonly Bank[] {
  return Object.keys(prediction.banks).filter(isBank);
}

/**
 * Judges a PCR twice: by its value as the guest's TPM tools read it, in every bank, and event by
 * event against the guest's logs.
 *
 * @param pcr which PCR; one that the prediction leaves out is `not-tested`
 */
export function judgePcr(
  pcr: number,
  prediction: Prediction,
  observation: Observation,
): readonly Judgement[] {
  const unknown = prediction.unpredictable.find((entry) => entry.pcr === pcr);
  if (unknown !== undefined) return [notTested(pcr, unknown.reason)];
  return [judgeValue(pcr, prediction, observation), judgeEvents(pcr, prediction, observation)];
}

function notTested(pcr: number, reason: string): Judgement {
  return {
    state: 'not-tested',
    sentence: `PCR ${pcr} cannot be predicted: ${reason}`,
    expected: 'a prediction',
    observed: 'none',
    witness: 'host file',
    file: PCR_FILE,
  };
}

function judgeValue(pcr: number, prediction: Prediction, { pcrs }: Observation): Judgement {
  const banks = banksOf(prediction);
  const expected = valuesOf(pcr, banks, prediction.banks);
  const observed = valuesOf(pcr, banks, pcrs);
  const differing = banks.filter((bank) => {
    const value = prediction.banks[bank]?.[pcr];
    return value === undefined || value !== pcrs[bank]?.[pcr];
  });
  const holds = banks.length > 0 && differing.length === 0;
  return {
    state: holds ? 'pass' : 'fail',
    sentence: holds
      ? `PCR ${pcr} has the predicted value in ${banks.join(' and ')}`
      : `PCR ${pcr} has another value than predicted in ${differing.join(' and ')}`,
    expected,
    observed,
    witness: 'guest command',
    file: PCR_FILE,
  };
}

function judgeEvents(pcr: number, prediction: Prediction, observation: Observation): Judgement {
  const difference = firstDifference(pcr, prediction.events, observation.events);
  const count = prediction.events.filter((event) => event.pcr === pcr).length;
  const common = { witness: 'event log', file: LOG_FILE } as const;
  if (difference === undefined) {
    const events = `${count} events`;
    const sentence = `PCR ${pcr} was extended with the ${events} that were predicted`;
    return { ...common, state: 'pass', sentence, expected: events, observed: events };
  }
  return {
    ...common,
    state: 'fail',
    sentence: `PCR ${pcr} differs first at its event ${difference.index}`,
    expected: describe(difference.a),
    observed: describe(difference.b),
  };
}

/** Values of one PCR in several banks, for people and for reports. */
export function valuesOf(pcr: number, banks: readonly Bank[], values: PcrValues): string {
  return banks.map((bank) => `${bank}:${pcr}=${values[bank]?.[pcr] ?? 'none'}`).join(' ');
}

function describe(event: MeasuredEvent | null): string {
  if (event === null) return 'no further event';
  const digests = Object.entries(event.digests).map(([bank, digest]) => `${bank}:${digest}`);
  return `${event.type} (${event.description}) ${digests.join(' ')}`;
}
