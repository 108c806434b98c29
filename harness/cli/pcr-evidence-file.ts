import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import { loggedDevicePath } from '../formats/logged-device-path.ts';
import { readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { measuredEvents } from '../measure/measured-events.ts';
import type { PcrEvidence } from '../measure/pcr-evidence.ts';
import { readPredictedPcrs } from '../predict/prediction-json.ts';
import { readPcrValues } from '../tpm/pcrread.ts';
import { isQuotePcrs, readQuotePcrs } from '../tpm/quote-pcrs.ts';

/** Enough of a file to tell what it is. */
const HEAD_BYTES = 64;

/**
 * Reads PCR values from any file that tells some: what `tpm2_pcrread` or `tpm2_eventlog` printed, what
 * `tpm2_quote --pcr` wrote, a TCG event log, or a prediction. They are told apart by their content: a
 * log's first PCR index has NULs, tpm2_quote's file has a size of its own, a prediction is a JSON object.
 *
 * @param source the file
 * @throws FormatError where it is none of them, or a broken one
 */
export function readPcrEvidence(source: ByteSource): PcrEvidence {
  const head = Buffer.from(source.read(0, Math.min(source.size, HEAD_BYTES))).toString('latin1');
  if (head === '') {
    const expected = 'PCR values, an event log or a prediction';
    throw new FormatError({ file: source.name, offset: 0, expected, found: 'an empty file' });
  }
  if (isQuotePcrs(source)) return { pcrs: readQuotePcrs(source) };
  if (head.includes('\0')) return readLogEvidence(source);
  if (head.trimStart().startsWith('{')) return readPredictedPcrs(source);
  return { pcrs: readPcrValues(source) };
}

function readLogEvidence(source: ByteSource): PcrEvidence {
  const log = readEventLog(source);
  return { pcrs: replayLog(log), events: measuredEvents(log, loggedDevicePath) };
}
