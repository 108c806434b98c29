import type { Dossier } from '../evidence/dossier.ts';
import { ALL_BANKS, zeroPcr } from '../measure/bank.ts';
import type { DevicePathText } from '../measure/device-path-text.ts';
import { replay } from '../measure/replay.ts';
import { extendsSinceStartup, type PcrExtend } from '../tpm/pcr-extend.ts';
import { readSwtpmLog } from '../tpm/swtpm-log.ts';
import { type Observation, observe } from './observation.ts';

/** The PCRs of the boot. */
const PCRS = Array.from({ length: 16 }, (_, pcr) => pcr);

/**
 * Reads what a dossier says of the boot's measurements: the guest, or, where nobody could log in, the TPM's
 * commands.
 *
 * @param devicePath how a device path in an event reads
 * @throws FormatError where a file is not what it should be, or neither tells of PCRs
 */
export function observeDossier(dossier: Dossier, devicePath: DevicePathText): Observation {
  const isSilent = !dossier.has('pcrs') && dossier.has('tpm');
  return isSilent ? observeTpm(dossier) : observe(dossier, devicePath);
}

/**
 * Reads what a boot measured from the TPM's own commands alone, for a guest that nobody can ask. There is
 * no event log in it: what needs one cannot be judged.
 *
 * @param dossier one with the TPM's log
 * @throws FormatError where the log is none, or cut short
 */
export function observeTpm(dossier: Dossier): Observation {
  const extended = extendsSinceStartup(readSwtpmLog(dossier.file('tpm')));
  const banks = ALL_BANKS.filter(
    (bank) => extended.length > 0 && extended.every(({ digests }) => bank in digests),
  );
  const pcrs = Object.fromEntries(
    banks.map((bank) => {
      const values = replay(extended, bank);
      return [bank, Object.fromEntries(PCRS.map((pcr) => [pcr, values[pcr] ?? zeroPcr(bank)]))];
    }),
  );
  return {
    pcrs,
    replayed: pcrs,
    log: { spec: null, algorithms: banks, startupLocality: 0, events: [], padding: null },
    events: extended.map(eventOf),
    extended,
  };
}

/** What was measured stands in no command: only its digests do. */
function eventOf({ pcr, digests }: PcrExtend): Observation['events'][number] {
  return { pcr, digests, type: 'TPM2_PCR_Extend', description: 'as the TPM was sent it' };
}
