import { FormatError } from '../bytes/format-error.ts';
import type { LogEvent } from './log-event.ts';

const SIGNATURE = Buffer.from('StartupLocality\0', 'latin1');

/** What PCR 0 holds before an H-CRTM extends it (TPM 2.0 Library, Part 1, H-CRTM sequence). */
const H_CRTM_LOCALITY = 4;

/**
 * The value of PCR 0 before its first extend: the locality of TPM2_Startup, as the log's
 * TCG_EfiStartupLocalityEvent has it (TCG PC Client PFP 1.06, 10.4.5.3), or 4 where an H-CRTM
 * measured first.
 *
 * @param file name for error messages
 * @param events all events of the log
 * @returns 0 where the log says nothing of it
 * @throws FormatError where the event is not 17 bytes long, names a locality that a TPM does not
 *   have, or contradicts an earlier one
 */
export function startupLocality(file: string, events: readonly LogEvent[]): number {
  let locality: number | undefined;
  for (const event of events.filter(isStartupLocality)) {
    const found = event.data[SIGNATURE.length];
    if (event.data.length !== SIGNATURE.length + 1 || found === undefined || found > 4) {
      throw problem(file, event, 'a StartupLocality event of 17 bytes with a locality of 0 to 4');
    }
    if (locality !== undefined && locality !== found) {
      throw problem(file, event, `startup locality ${locality}, as an earlier event says`);
    }
    locality = found;
  }
  return locality ?? (events.some(isHCrtm) ? H_CRTM_LOCALITY : 0);
}

function isStartupLocality({ type, data }: LogEvent): boolean {
  return type === 'EV_NO_ACTION' && SIGNATURE.equals(data.subarray(0, SIGNATURE.length));
}

function isHCrtm({ type, pcr }: LogEvent): boolean {
  return type === 'EV_EFI_HCRTM_EVENT' && pcr === 0;
}

function problem(file: string, { data, dataOffset }: LogEvent, expected: string): FormatError {
  const found = `${data.length} bytes that end in ${data.at(-1)}`;
  return new FormatError({ file, offset: dataOffset, expected, found });
}
