import { printable } from '../bytes/format-error.ts';
import { isBank } from '../measure/bank.ts';
import { digestMatchesData } from '../measure/digest-match.ts';
import { extendingEvents } from '../measure/log-replay.ts';
import { valuesOf } from './judge-pcr.ts';
import type { Judgement } from './judgement.ts';
import { LOG_FILE, type Observation } from './observation.ts';

/**
 * Judges whether the logs account for PCRs: replayed, they must give what the TPM holds, in every
 * bank of the log.
 */
export function judgeReplay(pcrs: readonly number[], observation: Observation): Judgement {
  const banks = observation.log.algorithms.filter(isBank);
  const differing = pcrs.filter((pcr) =>
    banks.some((bank) => {
      const value = observation.replayed[bank]?.[pcr];
      return value === undefined || value !== observation.pcrs[bank]?.[pcr];
    }),
  );
  const holds = banks.length > 0 && differing.length === 0;
  const shown = holds ? pcrs : differing;
  return {
    state: holds ? 'pass' : 'fail',
    sentence: holds
      ? `the logs replay to PCRs ${pcrs.join(', ')} in ${banks.join(' and ')}`
      : `the logs do not account for PCRs ${differing.join(', ')}`,
    expected: shown.map((pcr) => valuesOf(pcr, banks, observation.replayed)).join('; '),
    observed: shown.map((pcr) => valuesOf(pcr, banks, observation.pcrs)).join('; '),
    witness: 'event log',
    file: LOG_FILE,
  };
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
