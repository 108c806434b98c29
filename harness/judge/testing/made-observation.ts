import { createHash } from 'node:crypto';
import { bytesSource } from '../../bytes/source.ts';
import { BANKS, type Bank } from '../../measure/bank.ts';
import type { PcrValues } from '../../measure/event.ts';
import { readEventLog } from '../../measure/event-log.ts';
import { replayLog } from '../../measure/log-replay.ts';
import { measuredEvents } from '../../measure/measured-events.ts';
import { agileRecord, specIdRecord } from '../../measure/testing/log-bytes.ts';
import type { PredictedEvent, Prediction } from '../../predict/prediction.ts';
import type { Observation } from '../observation.ts';

/** A measurement: the PCR, and the text whose digests extend it and which the event carries. */
export type Measured = readonly [pcr: number, text: string];

const BOTH: readonly Bank[] = ['sha256', 'sha384'];

/**
 * What a guest shows that measured texts into PCRs.
 *
 * @param measured in order
 * @param banks of the log and of the TPM
 */
export function madeObservation(
  measured: readonly Measured[],
  banks: readonly Bank[] = BOTH,
): Observation {
  const log = readEventLog(bytesSource('log', logBytes(measured, banks)));
  return {
    pcrs: extended(measured, banks),
    log,
    events: measuredEvents(log, () => ''),
    replayed: replayLog(log),
  };
}

/** The log of a firmware that measured texts as EV_EFI_ACTION, whose digests are those of the data. */
function logBytes(
  measured: readonly Measured[],
  banks: readonly Bank[] = BOTH,
): Uint8Array<ArrayBuffer> {
  const records = measured.map(([pcr, text]) => {
    const digests = banks.map((bank) => [BANKS[bank].algId, hash(bank, text)] as const);
    return agileRecord(pcr, 'EV_EFI_ACTION', digests, Buffer.from(text));
  });
  const algorithms = banks.map((bank) => {
    const { algId, digestBytes } = BANKS[bank];
    return [algId, digestBytes] as const;
  });
  return new Uint8Array(Buffer.concat([specIdRecord(algorithms), ...records]));
}

/**
 * A forecast of the same measurements.
 *
 * @param measured in order
 */
export function madePrediction(
  measured: readonly Measured[],
  banks: readonly Bank[] = BOTH,
): Prediction {
  const events = measured.map(
    ([pcr, text]): PredictedEvent => ({
      pcr,
      type: 'EV_EFI_ACTION',
      digests: Object.fromEntries(banks.map((bank) => [bank, hash(bank, text)])),
      description: text,
      agent: 'firmware',
      basis: 'computed',
    }),
  );
  return { banks: extended(measured, banks), events, learned: [], unpredictable: [] };
}

/** PCRs 0 to 15 after the TPM's extend, H(old ‖ H(text)) (TPM 2.0 Library, Part 1, 11.4.7). */
function extended(measured: readonly Measured[], banks: readonly Bank[]): PcrValues {
  const values = (bank: Bank) => {
    const pcrs = Array.from({ length: 16 }, () => Buffer.alloc(BANKS[bank].digestBytes));
    for (const [pcr, text] of measured) {
      const value = createHash(bank).update(pcrs[pcr] ?? '');
      pcrs[pcr] = value.update(hash(bank, text), 'hex').digest();
    }
    return Object.fromEntries(pcrs.map((value, pcr) => [pcr, value.toString('hex')]));
  };
  return Object.fromEntries(banks.map((bank) => [bank, values(bank)]));
}

function hash(bank: Bank, text: string): string {
  return createHash(bank).update(text).digest('hex');
}
