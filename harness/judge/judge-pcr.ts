import { explainPcr } from '../explain/explain-pcr.ts';
import { type Bank, isBank } from '../measure/bank.ts';
import type { MeasuredEvent, PcrValues } from '../measure/event.ts';
import { firstDifference } from '../measure/first-difference.ts';
import type { Prediction } from '../predict/prediction.ts';
import type { Judgement } from './judgement.ts';
import { LOG_FILE, type Observation, PCR_FILE } from './observation.ts';

/** A finding's sentence tells of its first differences only. */
const MOST_EXPLANATIONS = 3;

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
  const reason = whyUnpredicted(pcr, prediction);
  if (reason !== undefined) return [notTested(pcr, reason)];
  return [judgeValue(pcr, prediction, observation), judgeEvents(pcr, prediction, observation)];
}

/**
 * Judges a PCR by its value alone: for one whose events stand in no log that is collected.
 *
 * @param pcr which PCR; one that the prediction leaves out is `not-tested`
 */
export function judgePcrValue(
  pcr: number,
  prediction: Prediction,
  observation: Observation,
): Judgement {
  const reason = whyUnpredicted(pcr, prediction);
  return reason === undefined ? judgeValue(pcr, prediction, observation) : notTested(pcr, reason);
}

/** A prediction that says nothing of a PCR must not be met by a boot that says nothing either. */
function whyUnpredicted(pcr: number, prediction: Prediction): string | undefined {
  const unknown = prediction.unpredictable.find((entry) => entry.pcr === pcr);
  if (unknown !== undefined) return unknown.reason;
  const banks = banksOf(prediction);
  if (banks.length === 0) return 'the prediction has no bank';
  const without = banks.filter((bank) => prediction.banks[bank]?.[pcr] === undefined);
  return without.length === 0 ? undefined : `the prediction has no value in ${listed(without)}`;
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
  const unread = banks.filter((bank) => pcrs[bank]?.[pcr] === undefined);
  const differing = banks.filter((bank) => prediction.banks[bank]?.[pcr] !== pcrs[bank]?.[pcr]);
  const common = {
    expected: valuesOf(pcr, banks, prediction.banks),
    observed: valuesOf(pcr, banks, pcrs),
    witness: 'guest command',
    file: PCR_FILE,
  } as const;
  if (unread.length > 0) {
    return { ...common, state: 'fail', sentence: `PCR ${pcr} was not read in ${listed(unread)}` };
  }
  if (differing.length > 0) {
    const sentence = `PCR ${pcr} has another value than predicted in ${listed(differing)}`;
    return { ...common, state: 'fail', sentence };
  }
  const sentence = `PCR ${pcr} has the ${wordFor(pcr, prediction)} value in ${listed(banks)}`;
  return { ...common, state: 'pass', sentence };
}

/** A value that had to be learned is not said to have been predicted. */
function wordFor(pcr: number, { learned }: Prediction): 'predicted' | 'learned' {
  return learned.some((entry) => entry.pcr === pcr) ? 'learned' : 'predicted';
}

function judgeEvents(pcr: number, prediction: Prediction, observation: Observation): Judgement {
  const difference = firstDifference(pcr, prediction.events, observation.events);
  const common = { witness: 'event log', file: LOG_FILE } as const;
  if (difference !== undefined) {
    return {
      ...common,
      state: 'fail',
      sentence: `PCR ${pcr} differs first at its event ${difference.index}${why(pcr, prediction, observation)}`,
      expected: describe(difference.a),
      observed: describe(difference.b),
    };
  }
  const partial = firstWithoutBank(pcr, banksOf(prediction), observation.events);
  if (partial !== undefined) {
    return {
      ...common,
      state: 'fail',
      sentence: `the logs do not tell event ${partial.index} of PCR ${pcr} in ${partial.bank}`,
      expected: `a digest in ${partial.bank}`,
      observed: describe(partial.event),
    };
  }
  const forecast = prediction.events.filter((event) => event.pcr === pcr);
  const events = forecast.length === 1 ? '1 event' : `${forecast.length} events`;
  const learned = forecast.filter(({ basis }) => basis === 'learned').length;
  const sentence =
    forecast.length === 0
      ? `PCR ${pcr} was not extended, as predicted`
      : learned === 0
        ? `PCR ${pcr} was extended with the predicted ${events}`
        : `PCR ${pcr} was extended with the ${events} of the forecast, ${learned} of them learned`;
  return { ...common, state: 'pass', sentence, expected: events, observed: events };
}

/** What differs, and which input it comes from; the first differences of many. */
function why(pcr: number, prediction: Prediction, observation: Observation): string {
  const explanations = explainPcr(pcr, prediction, observation);
  const told = explanations.slice(0, MOST_EXPLANATIONS);
  const more = explanations.length - told.length;
  const words = told.map(({ sentence, input }) => `${sentence} (input: ${input})`);
  if (more > 0) words.push(`${more} more ${more === 1 ? 'difference' : 'differences'}`);
  return words.length === 0 ? '' : `: ${words.join('; ')}`;
}

/** Only banks that both sides have were compared; an event must be told in each that was predicted. */
function firstWithoutBank(pcr: number, banks: readonly Bank[], events: readonly MeasuredEvent[]) {
  const ofPcr = events.filter((event) => event.pcr === pcr);
  for (const [index, event] of ofPcr.entries()) {
    const bank = banks.find((one) => event.digests[one] === undefined);
    if (bank !== undefined) return { index, event, bank };
  }
  return undefined;
}

/** Names of banks, for a sentence. */
export function listed(banks: readonly Bank[]): string {
  return banks.join(' and ');
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
