import type { Requirement } from './requirement.ts';

const chapter = 'measured-boot';

/** Measured boot of a UKI: what the TPM must hold afterwards. */
export const MEASURED_BOOT: readonly Requirement[] = [
  {
    id: 'CVM-MB-001',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 4 holds the firmware’s boot actions and the Authenticode digests of exactly the images that were booted.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.5; edk2 SecurityPkg/Library/DxeTpm2MeasureBootLib',
    shownBy: 'tpm2_pcrread in the guest and the event log, against the digests of the files',
  },
  {
    id: 'CVM-MB-002',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 7 holds the Secure Boot policy and, with Secure Boot on, the db entry that authorised the UKI.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8; edk2 SecurityPkg/Tcg/Tcg2Dxe',
    shownBy:
      'tpm2_pcrread in the guest and the event log, against the variable store and signatures',
  },
  {
    id: 'CVM-MB-003',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 11 holds every measured section of the UKI and the boot phases up to ready, and nothing else.',
    citation: 'UAPI Group, Linux TPM PCR Registry; systemd-stub(7); systemd-pcrphase.service(8)',
    shownBy: 'tpm2_pcrread in the guest and both event logs, against the sections of the file',
  },
  {
    id: 'CVM-MB-004',
    chapter,
    level: 'MUST',
    sentence: 'The firmware’s event log accounts for PCRs 0 to 9, 12 to 14 in every active bank.',
    citation: 'TCG PC Client PFP 1.06, 10.1; TCG EFI Protocol 1.0, 4',
    shownBy: 'replay of the event log against tpm2_pcrread in the guest',
  },
  {
    id: 'CVM-MB-005',
    chapter,
    level: 'MUST',
    sentence: 'The firmware’s and systemd’s event logs together account for PCRs 11 and 15.',
    citation: 'systemd.pcrlock(5); systemd src/shared/tpm2-util.c, tpm2_userspace_log',
    shownBy: 'replay of both logs against tpm2_pcrread in the guest',
  },
  {
    id: 'CVM-MB-006',
    chapter,
    level: 'MUST',
    sentence:
      'A UKI with another command line moves PCRs 4 and 11 as predicted and leaves PCR 7 alone.',
    citation: 'systemd-stub(7), TPM PCR Notes; UAPI Group, Unified Kernel Image',
    shownBy: 'a twin boot that differs in the command line; /proc/cmdline shows that it was used',
  },
  {
    id: 'CVM-MB-007',
    chapter,
    level: 'MUST',
    sentence:
      'A UKI signed with another certificate of db moves PCR 7 as predicted and leaves PCRs 4 and 11 alone.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8; Microsoft Authenticode PE format 1.0',
    shownBy: 'a twin boot that differs in the signature alone',
  },
  {
    id: 'CVM-MB-008',
    chapter,
    level: 'SHOULD',
    sentence: 'An event that carries what was measured carries the bytes of its digests.',
    citation: 'TCG PC Client PFP 1.06, table 27',
    shownBy: 'digests of the event data, recomputed',
  },
  {
    id: 'CVM-MB-009',
    chapter,
    level: 'MUST',
    sentence: 'PCR 0 holds the firmware’s version and its two volumes, and nothing else.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.1; edk2 SecurityPkg/Tcg/Tcg2Pei',
    shownBy:
      'tpm2_pcrread in the guest and the event log, against the firmware’s file and, for builds whose PEI modules patch their code, the memory of the firmware run alone',
  },
  {
    id: 'CVM-MB-010',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 1 holds QEMU’s ACPI tables, the boot variables and the SMBIOS table of exactly this machine.',
    citation:
      'TCG PC Client PFP 1.06, 3.3.4.2; edk2 OvmfPkg/Library/AcpiPlatformLib, MdeModulePkg/Universal/SmbiosMeasurementDxe',
    shownBy:
      'tpm2_pcrread in the guest and the event log, against the tables of a QEMU that ran no instruction',
  },
  {
    id: 'CVM-MB-011',
    chapter,
    level: 'MUST',
    sentence:
      'PCRs 2, 3 and 6 hold the separator alone, and nothing extends PCR 8: no option ROM, no driver from elsewhere, no other boot loader.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.3, 3.3.4.4 and 3.3.4.7',
    shownBy: 'tpm2_pcrread in the guest and the event log',
  },
  {
    id: 'CVM-MB-012',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 5 holds the partition table of the boot disk, the boot loader’s configuration and the exit from boot services.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.6; edk2 SecurityPkg/Library/DxeTpm2MeasureBootLib',
    shownBy: 'tpm2_pcrread in the guest and the event log, against the disk’s GPT and loader.conf',
  },
  {
    id: 'CVM-MB-013',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 9 holds the command line and the initrd that the kernel was started with, as the stub composes them.',
    citation: 'Linux drivers/firmware/efi/libstub; systemd-stub(7)',
    shownBy: 'tpm2_pcrread in the guest and the event log, against the files',
  },
  {
    id: 'CVM-MB-014',
    chapter,
    level: 'MUST',
    sentence:
      'PCRs 12 and 13 hold the addons, credentials and extensions beside the UKI and the profile that was chosen, and nothing else.',
    citation: 'systemd-stub(7), TPM PCR Notes; UAPI Group, Linux TPM PCR Registry',
    shownBy: 'tpm2_pcrread in the guest and the event log, against the files on the ESP',
  },
  {
    id: 'CVM-MB-015',
    chapter,
    level: 'MUST',
    sentence:
      'PCR 14 holds shim’s lists of keys where shim is on the boot path, and nothing where it is not.',
    citation: 'shim README.tpm; UAPI Group, Linux TPM PCR Registry',
    shownBy: 'tpm2_pcrread in the guest and the event log, against shim and its variables',
  },
  {
    id: 'CVM-MB-016',
    chapter,
    level: 'MUST',
    sentence: 'PCR 15 holds the machine id of the booted root file system.',
    citation: 'systemd-pcrmachine.service(8); UAPI Group, Linux TPM PCR Registry',
    shownBy: 'tpm2_pcrread in the guest and systemd’s log, against the root file system',
  },
  {
    id: 'CVM-MB-017',
    chapter,
    level: 'SHOULD',
    sentence: 'PCR 10 holds IMA’s aggregate of the PCRs before it, and no file that was measured.',
    citation: 'Linux security/integrity/ima/ima_init.c; UAPI Group, Linux TPM PCR Registry',
    shownBy: 'tpm2_pcrread in the guest, against the forecast of PCRs 0 to 9',
  },
];
