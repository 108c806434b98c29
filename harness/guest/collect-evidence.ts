import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DOSSIER_FILES, type DossierFile } from '../evidence/dossier.ts';
import { InfraError } from '../host/errors.ts';
import { settleAll } from '../host/settle.ts';
import type { GuestSsh } from './guest-ssh.ts';

/** The PCRs from the kernel's own files, in tpm2_pcrread's form: for a guest without tpm2-tools. */
const SYSFS_PCRS = [
  'cd /sys/class/tpm/tpm0 && for bank in pcr-*',
  'do echo "  $(echo $bank | cut -c 5-):"; i=0',
  'while [ $i -lt 24 ]; do read -r value < $bank/$i && echo "    $i : 0x$value"; i=$((i+1)); done',
  'done',
].join('; ');

/** What is asked of the guest, by the file that keeps the answer. */
const COMMANDS = {
  pcrs: `if command -v tpm2_pcrread > /dev/null; then tpm2_pcrread; else ${SYSFS_PCRS}; fi`,
  eventLog: 'cat /sys/kernel/security/tpm0/binary_bios_measurements',
  // Where systemd measures nothing, as without a UKI, it has no log.
  userspaceLog:
    '[ ! -e /run/log/systemd/tpm2-measure.log ] || cat /run/log/systemd/tpm2-measure.log',
  kernelLog: 'dmesg',
  cmdline: 'cat /proc/cmdline',
  osRelease: 'cat /etc/os-release',
  versions: 'uname -a; systemctl --version; ! command -v tpm2_pcrread || tpm2_pcrread --version',
} as const satisfies Partial<Record<DossierFile, string>>;

/**
 * Asks the guest for its measurements and logs and keeps each answer as a file, byte for byte.
 *
 * @param directory the dossier's folder
 * @throws InfraError where the guest cannot answer a command
 */
export async function collectEvidence(
  ssh: GuestSsh,
  directory: string,
  signal: AbortSignal,
): Promise<void> {
  const names = Object.keys(COMMANDS) as (keyof typeof COMMANDS)[];
  await settleAll(
    names.map(async (name) => {
      const { exitCode, stdout, stderr } = await ssh.run(COMMANDS[name], signal);
      if (exitCode !== 0) {
        throw new InfraError({
          tool: `guest command ${COMMANDS[name]}`,
          problem: `exited with code ${exitCode}`,
          exitCode,
          lastLines: stderr.trim().split('\n'),
        });
      }
      await writeFile(join(directory, DOSSIER_FILES[name]), stdout);
    }),
  );
}
