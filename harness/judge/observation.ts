import type { ByteSource } from '../bytes/source.ts';
import { DOSSIER_FILES, type Dossier } from '../evidence/dossier.ts';
import type { DevicePathText } from '../measure/device-path-text.ts';
import type { MeasuredEvent, PcrValues } from '../measure/event.ts';
import { type EventLog, readEventLog } from '../measure/event-log.ts';
import { replayLog } from '../measure/log-replay.ts';
import { measuredEvents } from '../measure/measured-events.ts';
import { readUserspaceLog } from '../measure/userspace-log.ts';
import { extendsSinceStartup, type PcrExtend } from '../tpm/pcr-extend.ts';
import { readPcrValues } from '../tpm/pcrread.ts';
import { readSwtpmLog } from '../tpm/swtpm-log.ts';

/** What one boot measured, by its witnesses. */
export type Observation = {
  /** The PCRs as the guest's tpm2-tools read them. */
  readonly pcrs: PcrValues;
  /** The firmware's event log. */
  readonly log: EventLog;
  /** Every logged extend: the firmware's log, then systemd's. */
  readonly events: readonly MeasuredEvent[];
  /** PCR values that both logs replay to. */
  readonly replayed: PcrValues;
  /** What the guest's kernel says it was started with; absent where nobody asked. */
  readonly commandLine?: string;
  /** Every extend that the TPM has made since power-on, by the host's log; absent where there is none. */
  readonly extended?: readonly PcrExtend[];
};

/** The file of a dossier that holds the PCRs. */
export const PCR_FILE = DOSSIER_FILES.pcrs;

/** The file of a dossier that holds the firmware's event log. */
export const LOG_FILE = DOSSIER_FILES.eventLog;

/** The file of a dossier that holds the commands that the TPM was sent. */
export const TPM_FILE = DOSSIER_FILES.tpm;

/**
 * Reads what a dossier says of the boot's measurements.
 *
 * @param devicePath how a device path in an event reads
 * @throws FormatError where the guest's answers are not what they should be
 */
export function observe(dossier: Dossier, devicePath: DevicePathText): Observation {
  const log = readEventLog(dossier.file('eventLog'));
  const userspace = readUserspaceLog(dossier.file('userspaceLog'));
  return {
    pcrs: readPcrValues(dossier.file('pcrs')),
    log,
    events: [...measuredEvents(log, devicePath), ...userspace.events],
    replayed: replayLog(log, userspace.events),
    ...(dossier.has('cmdline') && { commandLine: commandLineOf(dossier.file('cmdline')) }),
    ...(dossier.has('tpm') && {
      extended: extendsSinceStartup(readSwtpmLog(dossier.file('tpm'))),
    }),
  };
}

/** /proc/cmdline: the text and a line feed. */
function commandLineOf(source: ByteSource): string {
  return Buffer.from(source.read(0, source.size)).toString('utf8').replace(/\n$/, '');
}
