import type { Requirement } from './requirement.ts';

const chapter = 'dm-verity';

const KERNEL = 'Linux Documentation/admin-guide/device-mapper/verity.rst';

/** What shows how a boot ended, and that the change was what ended it. */
const BOOT =
  'console: who refuses, at which block, in which stage of the boot; the same boot without the change comes up';

/** What shows a policy of the kernel. */
const POLICY =
  'a read in a running guest from a dm-verity device with that option, over data with a sector that the device mapper fails to read';

const DM_VERITY_REQUIREMENTS = [
  {
    id: 'CVM-DV-001',
    chapter,
    level: 'MUST',
    sentence:
      'No bit of data or tree that changes beneath a running guest reaches it: exactly what it stands for cannot be read, and can be once it is as it was.',
    citation: KERNEL,
    shownBy:
      'reads with O_DIRECT in the guest while bits of the disk are flipped, against what the hash tree says of each',
  },
  {
    id: 'CVM-DV-002',
    chapter,
    level: 'MUST',
    sentence:
      'A file whose bytes change on the disk cannot be read, and the kernel names the block that the file was known to lie in.',
    citation: KERNEL,
    shownBy:
      'the error of reading /coco, which holds CoCo, and the kernel log; before the change and behind it the file reads well',
  },
  {
    id: 'CVM-DV-003',
    chapter,
    level: 'MUST',
    sentence:
      'A change of verity superblock or tree, or of data that the boot needs, ends the boot before anything of the root runs, at the block that the hash tree says.',
    citation: `${KERNEL}; systemd src/veritysetup`,
    shownBy: BOOT,
  },
  {
    id: 'CVM-DV-004',
    chapter,
    level: 'MUST',
    sentence:
      'A change of data that the boot does not read is found as soon as it is read: the guest boots, and the file cannot be read.',
    citation: KERNEL,
    shownBy: `${BOOT}; the error of reading the file in the guest`,
  },
  {
    id: 'CVM-DV-005',
    chapter,
    level: 'MUST',
    sentence:
      'Data that were changed together with their tree do not boot, nor do data whose root hash was changed in the command line: the two do not belong together.',
    citation: `${KERNEL}; systemd-veritysetup-generator(8)`,
    shownBy: BOOT,
  },
  {
    id: 'CVM-DV-006',
    chapter,
    level: 'MUST',
    sentence:
      'Whatever the partition table says, nothing boots but the root of the root hash: not other partitions under its UUIDs, nor a second one with its label.',
    citation: 'UAPI.2, Discoverable Partitions Specification; systemd-veritysetup-generator(8)',
    shownBy: BOOT,
  },
  {
    id: 'CVM-DV-007',
    chapter,
    level: 'MUST',
    sentence:
      'A sector that cannot be read before the root runs is an error of the disk, and is not taken for corruption.',
    citation: 'Linux drivers/md/dm-verity-target.c, verity_end_io',
    shownBy:
      'console of a boot whose disk fails to read one sector (QEMU’s blkdebug); the same boot without the fault comes up',
  },
  {
    id: 'CVM-DV-008',
    chapter,
    level: 'MUST',
    sentence:
      'With panic-on-corruption the guest panics at the first corrupt block, with restart-on-corruption it restarts, and does neither twice by itself.',
    citation: `veritytab(5); ${KERNEL}`,
    shownBy: 'console and end of a boot with the option in its command line',
  },
  {
    id: 'CVM-DV-009',
    chapter,
    level: 'MUST',
    sentence:
      'With Secure Boot on, a UKI with another root hash, and with that another root, is not started unless it is signed.',
    citation: 'UEFI 2.11, 32.5; UAPI.5, Unified Kernel Image',
    shownBy: `${BOOT} where it is signed`,
  },
  {
    id: 'CVM-DV-010',
    chapter,
    level: 'MUST',
    sentence:
      'With Secure Boot off, a UKI with another root hash boots that other root, and PCRs 4 and 11 tell.',
    citation: 'systemd-stub(7); TCG PC Client Platform Firmware Profile, 3.3.4',
    shownBy: 'tpm2_pcrread in the guest, against the forecast for either disk',
  },
  {
    id: 'CVM-DV-011',
    chapter,
    level: 'MUST',
    sentence:
      'An image whose root is read without dm-verity is found out, and not taken for one with it.',
    citation: 'systemd-veritysetup-generator(8)',
    shownBy:
      'what the guest says of its root device: the judgement that passes elsewhere has to fail here',
  },
  {
    id: 'CVM-DV-012',
    chapter,
    level: 'MUST',
    sentence:
      'A root hash in the initrd, or one for /usr, is as good as one for the root in the command line: what it is not the hash of does not boot.',
    citation: 'veritytab(5); systemd-veritysetup-generator(8)',
    shownBy: BOOT,
  },
  {
    id: 'CVM-DV-013',
    chapter,
    level: 'MUST',
    sentence:
      'A sector that cannot be read is an error to who reads it, and neither panic_on_corruption nor restart_on_corruption is about that.',
    citation: KERNEL,
    shownBy: POLICY,
  },
  {
    id: 'CVM-DV-014',
    chapter,
    level: 'MUST',
    sentence: 'With panic_on_error a sector that cannot be read makes the kernel panic.',
    citation: KERNEL,
    shownBy: POLICY,
  },
  {
    id: 'CVM-DV-015',
    chapter,
    level: 'MUST',
    sentence:
      'With restart_on_error a sector that cannot be read makes the kernel restart the machine.',
    citation: KERNEL,
    shownBy: POLICY,
  },
  {
    id: 'CVM-DV-016',
    chapter,
    level: 'MUST',
    sentence:
      'A bit that changes on the disk, among the variables or in the firmware is noticed by what the map of coverage names for its region, and by nothing where that names nothing.',
    citation:
      'TCG PC Client Platform Firmware Profile 1.06, 3.3.4; UEFI 2.11, 5.3 and 32.5; UAPI.5, Unified Kernel Image',
    shownBy:
      'boots of the firmware with one bit of each region flipped: the TPM’s commands and the console, against those without a flip',
  },
  {
    id: 'CVM-DV-017',
    chapter,
    level: 'MUST',
    sentence:
      'A root hash whose signature the kernel is told to verify opens the root only where a key signed it that db has.',
    citation:
      'UAPI.2, Discoverable Partitions Specification; veritytab(5), root-hash-signature=; Linux drivers/md/dm-verity-verify-sig.c',
    shownBy: `${BOOT} where such a key signed it; the option in the table of the guest’s device`,
  },
] as const satisfies readonly Requirement[];

export type DmVerityRequirement = (typeof DM_VERITY_REQUIREMENTS)[number]['id'];

/** Integrity of the root file system. */
export const DM_VERITY: readonly Requirement[] = DM_VERITY_REQUIREMENTS;
