import { printable } from '../bytes/format-error.ts';
import { ALL_BANKS, type Bank, zeroPcr } from '../measure/bank.ts';
import { digestMatchesData } from '../measure/digest-match.ts';
import type { PcrValues } from '../measure/event.ts';
import { extendingEvents } from '../measure/log-replay.ts';
import { listed, valuesOf } from './judge-pcr.ts';
import type { Judgement } from './judgement.ts';
import { LOG_FILE, type Observation } from './observation.ts';

/**
 * Judges whether the logs account for PCRs: replayed, they must give what the TPM holds, in every
 * bank that the TPM or the log has. A PCR that nobody extended holds zeros.
 *
 * @param pcrs which PCRs; none would prove nothing
 */
export function judgeReplay(pcrs: readonly number[], observation: Observation): Judgement {
  const banks = activeBanks(observation);
  const replayed = withUntouched(pcrs, banks, observation);
  const differing = pcrs.filter((pcr) =>
    banks.some((bank) => {
      const value = replayed[bank]?.[pcr];
      return value === undefined || value !== observation.pcrs[bank]?.[pcr];
    }),
  );
  const shown = differing.length === 0 ? pcrs : differing;
  const common = {
    expected: shown.map((pcr) => valuesOf(pcr, banks, replayed)).join('; '),
    observed: shown.map((pcr) => valuesOf(pcr, banks, observation.pcrs)).join('; '),
    witness: 'event log',
    file: LOG_FILE,
  } as const;
  if (banks.length === 0 || pcrs.length === 0) {
    const sentence = 'there is no PCR bank that the logs could account for';
    return { ...common, state: 'vacuous', sentence };
  }
  if (differing.length > 0) {
    const sentence = `the logs do not account for ${named(differing)}`;
    return { ...common, state: 'fail', sentence };
  }
  const sentence = `the logs replay to ${named(pcrs)} in ${listed(banks)}`;
  return { ...common, state: 'pass', sentence };
}

/** A log that leaves out a bank of the TPM does not account for it, nor one with a bank too many. */
function activeBanks({ log, pcrs }: Observation): readonly Bank[] {
  return ALL_BANKS.filter((bank) => log.algorithms.includes(bank) || pcrs[bank] !== undefined);
}

function withUntouched(
  pcrs: readonly number[],
  banks: readonly Bank[],
  { log, events, replayed }: Observation,
): PcrValues {
  const untouched = pcrs.filter((pcr) => !events.some((event) => event.pcr === pcr));
  const values = banks.map((bank) => {
    const zeros = log.algorithms.includes(bank)
      ? untouched.map((pcr) => [pcr, zeroPcr(bank)] as const)
      : [];
    return [bank, { ...Object.fromEntries(zeros), ...replayed[bank] }] as const;
  });
  return Object.fromEntries(values);
}

function named(pcrs: readonly number[]): string {
  return `${pcrs.length === 1 ? 'PCR' : 'PCRs'} ${pcrs.join(', ')}`;
}

/** Judges whether each event that carries what was measured carries the bytes of its digests. */
export function judgeEventData({ log }: Observation): Judgement {
  const verdicts = extendingEvents(log).map((event) => ({
    event,
    holds: digestMatchesData(event),
  }));
  const checked = verdicts.filter(({ holds }) => holds !== null);
  const wrong = checked.find(({ holds }) => holds === false);
  const expected = 'digests of the data that the event carries';
  const common = { expected, witness: 'event log', file: LOG_FILE } as const;
  if (checked.length === 0) {
    const sentence = 'no event of the log carries what was measured';
    return { ...common, state: 'vacuous', sentence, observed: 'no such event' };
  }
  if (wrong === undefined) {
    const sentence = `${checked.length} of ${verdicts.length} events carry the bytes of their digests`;
    return { ...common, state: 'pass', sentence, observed: sentence };
  }
  const { index, pcr, type } = wrong.event;
  return {
    ...common,
    state: 'fail',
    sentence: `event ${index} of the log carries other bytes than were measured`,
    observed: printable(`event ${index}, PCR ${pcr}, ${type}: digests of something else`),
  };
}
