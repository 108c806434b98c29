import { type Bank, isBank } from './bank.ts';
import type { PcrValues } from './event.ts';
import type { EventLog } from './event-log.ts';
import type { LogEvent } from './log-event.ts';
import { type Extend, replay } from './replay.ts';

/**
 * The events of a log that extended a PCR: all but EV_NO_ACTION, which informs the reader of the
 * log (TCG PC Client PFP 1.06, 10.4.5).
 */
export function extendingEvents(log: EventLog): readonly LogEvent[] {
  return log.events.filter(({ type }) => type !== 'EV_NO_ACTION');
}

/**
 * PCR values that follow from a firmware log and what the system measured after it.
 *
 * @param log the firmware's log
 * @param later events of another log that were extended after the firmware's, in order
 * @returns for every announced bank that this project computes, the value of each PCR that was
 *   extended. A PCR with an event that lacks a bank's digest is left out of that bank: the log does
 *   not say what the TPM extended there
 */
export function replayLog(log: EventLog, later: readonly Extend[] = []): PcrValues {
  const extended: readonly Extend[] = [...extendingEvents(log), ...later];
  return Object.fromEntries(
    log.algorithms
      .filter(isBank)
      .map((bank) => [bank, replay(withDigests(extended, bank), bank, log.startupLocality)]),
  );
}

function withDigests(events: readonly Extend[], bank: Bank): readonly Extend[] {
  const unknown = new Set(
    events.filter(({ digests }) => digests[bank] === undefined).map(({ pcr }) => pcr),
  );
  return events.filter(({ pcr }) => !unknown.has(pcr));
}
