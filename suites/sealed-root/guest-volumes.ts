import type { GuestSsh } from '../../harness/guest/guest-ssh.ts';
import { SECRET_FILE } from './sealer.ts';
import { VOLUMES } from './volumes.ts';

/** How a command of the guest ended. */
export type Attempt = { readonly exitCode: number | null; readonly output: string };

/** What a guest says whose volumes are open. */
export type GuestAnswers = {
  /** The file that every volume holds, read from each in turn. */
  readonly secrets: Attempt;
  /** The volume of PCR 7, closed and opened again by the system itself. */
  readonly reopened: Attempt;
  /** The volume of the signed PCR 11, closed and opened again after the initrd was left. */
  readonly late: Attempt;
  /** tpm2_pcrread of PCRs 4, 7 and 11. */
  readonly pcrs: Attempt;
  /** What systemd-cryptenroll said, and the header of the volume to which it enrolled a key. */
  readonly enrolled: Attempt;
  /** The volume's first header, in base64. */
  readonly header: string;
};

/** Where the system keeps a mount for a moment. */
const MOUNT = '/run/volume';

/** Where systemd-stub leaves the signature of PCR 11 in the initrd, and the initrd for the system. */
const SIGNATURES = '/run/systemd/tpm2-pcr-signature.json';

/** Names of device mapper's devices are links that the initrd's udev has made, and the system's takes away. */
const read = (volume: string) =>
  `for device in /sys/block/dm-*; do
  [ "$(cat $device/dm/name)" != ${volume} ] || mount -t erofs -o ro /dev/\${device##*/} ${MOUNT}
done && cat ${MOUNT}/${SECRET_FILE} && umount ${MOUNT}`;

/** The system has none of udev's rules for device mapper, whose answer libdevmapper would wait for. */
const CRYPTSETUP = 'DM_DISABLE_UDEV=1 systemd-cryptsetup';

const reopen = (volume: string, options: string) =>
  `${CRYPTSETUP} detach ${volume} && ${CRYPTSETUP} attach ${volume} /dev/disk/by-partlabel/${volume} - tpm2-device=/dev/tpmrm0,headless=1,read-only${options}`;

const FIRST_BOOT = `/dev/disk/by-partlabel/${VOLUMES['first-boot']}`;

/** Size of the first header with its metadata, as volumes are made. */
const HEADER_BYTES = 32 << 10;

/** As its owner does where nobody else has a hand in it, with PCRs 4 and 7 as they are. */
const enroll = (passphrase: string) =>
  `umask 077; printf %s ${passphrase} > /run/passphrase && systemd-cryptenroll --unlock-key-file=/run/passphrase \
--tpm2-device=/dev/tpmrm0 --tpm2-pcrs=4+7 --tpm2-public-key= --tpm2-pcrlock= ${FIRST_BOOT}
code=$?; rm /run/passphrase; sync; exit $code`;

/**
 * Asks a guest for its secrets, and has it open volumes when the initrd is long left.
 *
 * @param signature the signatures of PCR 11 of what was booted, JSON in base64
 * @param passphrase opens the volume to which the guest enrolls a key
 */
export async function questionGuest(
  ssh: GuestSsh,
  { signature, passphrase }: { readonly signature: string; readonly passphrase: string },
  signal: AbortSignal,
): Promise<GuestAnswers> {
  const ask = async (command: string): Promise<Attempt> => {
    const { exitCode, stdout, stderr } = await ssh.run(command, signal);
    return { exitCode, output: `${Buffer.from(stdout).toString('latin1')}${stderr}` };
  };
  const opened = [VOLUMES.pcr7, VOLUMES['pcr4-7'], VOLUMES.pcr11, VOLUMES.pcrlock];
  return {
    secrets: await ask([`mkdir -p ${MOUNT}`, ...opened.map(read)].join(' && ')),
    pcrs: await ask('tpm2_pcrread sha256:4,7,11'),
    reopened: await ask(reopen(VOLUMES.pcr7, '')),
    late: await ask(
      `printf %s ${signature} | base64 -d > ${SIGNATURES} && ${reopen(VOLUMES.pcr11, `,tpm2-signature=${SIGNATURES}`)}`,
    ),
    enrolled: await ask(enroll(passphrase)),
    header: (await ask(`head -c ${HEADER_BYTES} ${FIRST_BOOT} | base64 -w0`)).output.trim(),
  };
}
