import type { Input, Words } from './explanation.ts';

/**
 * What extends each PCR in a boot of OVMF, systemd and Linux (TCG PC Client PFP 1.06, 3.3.4; UAPI
 * Group, Linux TPM PCR Registry).
 */
const SOURCES: Readonly<Record<number, readonly [what: string, input: Input]>> = {
  0: ['the firmware: its version and its code', 'firmware'],
  1: ['the machine: ACPI and SMBIOS tables, boot order and boot options', 'machine'],
  2: ['drivers that the firmware loaded: option ROMs, drivers of a boot loader', 'machine'],
  3: ['the configuration of drivers', 'machine'],
  4: ['the boot loaders and the kernel that were started', 'boot image'],
  5: ['the partition table of the boot disk, and how the kernel left the firmware', 'disk'],
  6: ['what the host platform adds', 'machine'],
  7: ['the Secure Boot state, PK, KEK, db, dbx, and what allowed the images', 'variable store'],
  8: ['the commands of GRUB and the command line that it gave', 'command line'],
  9: ["the kernel's command line and initrd", 'initrd'],
  10: ['the files that IMA measures', 'operating system'],
  11: ['the sections of the UKI and the phases that systemd went through', 'UKI'],
  12: ['a command line, credentials or addons that were given to the UKI', 'command line'],
  13: ['system extensions', 'operating system'],
  14: ['the keys and options of shim (MOK)', 'variable store'],
  15: ['the machine id and the file systems of the operating system', 'operating system'],
};

/**
 * What kind of input moves a PCR: all that can be said where a side tells no events.
 *
 * @param pcr which PCR
 */
export function wordsOfPcr(pcr: number): Words {
  const [what, input] = SOURCES[pcr] ?? ['what the operating system chooses', 'unknown'];
  return {
    sentence: `it holds ${what}; which of it differs only an event log tells`,
    input,
  };
}
