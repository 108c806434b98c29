import type { Requirement } from './requirement.ts';

const chapter = 'secure-boot';

const FIRMWARE = 'edk2 SecurityPkg/Library/DxeImageVerificationLib (DxeImageVerificationHandler)';
const SHIM = 'shim 16.1, verify.c (verify_buffer_authenticode)';

/** What shows that an image was refused, and by whom. */
const REFUSAL =
  'what LoadImage() returned of the image, and the TPM’s commands: the program that holds the image was measured, and the twin, which differs in that alone, starts';

/** What shows which command line counts. */
const COMMAND_LINE =
  'what the program that stands for the kernel was started with, and the TPM’s commands; the twin, in which the other is the case';

const SECURE_BOOT_REQUIREMENTS = [
  {
    id: 'CVM-SB-001',
    chapter,
    level: 'MUST',
    sentence:
      'With Secure Boot on the firmware starts what a certificate in db allows, itself or by one that it issued, and refuses what is not signed or signed by another.',
    citation: `UEFI 2.11, 32.5.1 and 32.5.3.3; ${FIRMWARE}`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-002',
    chapter,
    level: 'MUST',
    sentence:
      'One bit that is changed after signing, in a header, a section, padding or behind the signature, is enough for firmware and shim to refuse the image.',
    citation: `Windows Authenticode Portable Executable Signature Format; ${FIRMWARE}; ${SHIM}`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-003',
    chapter,
    level: 'MUST',
    sentence:
      'A signature that is stripped, damaged, over another digest or by nobody is none to firmware and shim.',
    citation: `UEFI 2.11, 32.2.4; ${FIRMWARE}; ${SHIM}`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-004',
    chapter,
    level: 'MUST',
    sentence:
      'The firmware refuses an image whose digest, certificate or certificate’s hash is in dbx, however many good signatures it has besides.',
    citation: `UEFI 2.11, 32.5.3.3; ${FIRMWARE}, IsForbiddenByDbx`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-005',
    chapter,
    level: 'MUST',
    sentence:
      'A certificate that has expired authorises as before, for firmware has no time that it could trust: only dbx, MokListX and SBAT take trust back.',
    citation:
      'UEFI 2.11, 32.5.1; edk2 CryptoPkg/Library/BaseCryptLib/Pk/CryptPkcs7VerifyCommon.c (X509_V_FLAG_NO_CHECK_TIME); shim 16.1, Cryptlib/Pk/CryptPkcs7Verify.c',
    shownBy: 'what LoadImage() and StartImage() returned of the image: its own code ran',
  },
  {
    id: 'CVM-SB-006',
    chapter,
    level: 'MUST',
    sentence:
      'shim starts what a certificate in MokList allows, and refuses what none allows, or what MokListX or dbx forbids.',
    citation: `${SHIM}; shim mok.c`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-007',
    chapter,
    level: 'MUST',
    sentence:
      'shim refuses an image whose SBAT generation is below the level of revocation, or whose SBAT metadata makes no sense, whoever signed it.',
    citation: 'shim SBAT.md; shim 16.1, verify.c (verify_buffer_sbat) and sbat.c',
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-SB-008',
    chapter,
    level: 'MUST',
    sentence:
      'Whether an image boots, which entry of db or MokList authorises it, and what PCR 4 and PCR 7 then get is computed offline as firmware and shim do it, for sound images and for broken ones.',
    citation: `TCG PC Client PFP 1.06, 3.3.4.8; ${FIRMWARE}; ${SHIM}`,
    shownBy:
      'more than 1,000 trials of made and of mutated images, with ten variable stores: what LoadImage() returned, and the TPM’s commands',
  },
  {
    id: 'CVM-SB-009',
    chapter,
    level: 'MUST',
    sentence:
      'Secure Boot switched off, setup mode, another platform key or one more entry in db: PCR 7 is another one, and the one that was computed.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8; edk2 SecurityPkg/Tcg/Tcg2Dxe/Tcg2Dxe.c',
    shownBy: 'the TPM’s commands, beside those of the usual store',
  },
  {
    id: 'CVM-SB-010',
    chapter,
    level: 'MUST',
    sentence:
      'However UKI and kernel are signed and enrolled, the authority that is measured, PCR 7 and PCR 4 are those that were computed: with one certificate for both or one for UKIs alone, the signers in db, in MokList, or only their CA in db.',
    citation: `TCG PC Client PFP 1.06, 3.3.4.5 and 3.3.4.8; ${FIRMWARE}; ${SHIM}`,
    shownBy: 'the TPM’s commands until the kernel is started; the table of authorities',
  },
  {
    id: 'CVM-SB-011',
    chapter,
    level: 'MUST',
    sentence:
      'With a certificate for UKIs alone that is itself in db or MokList, PCR 7 is the same for every genuine UKI, and another for a genuine kernel with a crafted initrd: a key sealed to it survives updates and is out of the attacker’s reach.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.8; systemd, systemd-cryptenroll(1), PCR 7',
    shownBy: 'PCR 7 and PCR 4 of three boots, by the TPM’s commands',
  },
  {
    id: 'CVM-SB-012',
    chapter,
    level: 'MUST',
    sentence:
      'Where one certificate signs kernel and UKI, or only their CA is enrolled, PCR 7 cannot tell a genuine UKI from a genuine kernel with a crafted initrd, and PCR 4 does: a key has to be sealed to both.',
    citation: 'TCG PC Client PFP 1.06, 3.3.4.5 and 3.3.4.8',
    shownBy: 'PCR 7 and PCR 4 of three boots, by the TPM’s commands',
  },
  {
    id: 'CVM-SB-013',
    chapter,
    level: 'MUST',
    sentence:
      'With Secure Boot on, a command line from outside does not count for a UKI that has one of its own, and is not measured; a UKI without one, or without Secure Boot, takes it and measures it in PCR 12.',
    citation: 'systemd-stub(7), .cmdline; systemd src/boot/stub.c (process_arguments, run)',
    shownBy: COMMAND_LINE,
  },
  {
    id: 'CVM-SB-014',
    chapter,
    level: 'MUST',
    sentence:
      'What the host adds to the command line by SMBIOS counts in spite of Secure Boot, and is measured in PCR 12: by the stub for UKIs, by systemd-boot for entries without one, each by a string of its own and by no other.',
    citation:
      'systemd smbios-type-11(7); systemd src/boot/stub.c (cmdline_append_and_measure_smbios), src/boot/boot.c',
    shownBy: COMMAND_LINE,
  },
  {
    id: 'CVM-SB-015',
    chapter,
    level: 'MUST',
    sentence:
      'With Secure Boot on, an addon that nobody signed is refused by firmware or shim, the stub says so, and nothing of it counts; one that is signed counts, and is measured in PCR 4 and PCR 12.',
    citation: 'systemd-stub(7), FILES; systemd src/boot/stub.c (load_addons)',
    shownBy: `${COMMAND_LINE}; what the stub says on the console`,
  },
  {
    id: 'CVM-SB-016',
    chapter,
    level: 'MUST',
    sentence:
      'Credentials on the EFI system partition, those of one UKI and those of all, are measured in PCR 12 as computed: nobody signs them.',
    citation: 'systemd-stub(7), FILES; systemd src/boot/cpio.c (pack_cpio)',
    shownBy: 'the TPM’s commands, beside those of a start without them',
  },
  {
    id: 'CVM-SB-017',
    chapter,
    level: 'MUST',
    sentence:
      'By way of systemd-boot, which firmware or shim starts, PCRs 4, 5, 7, 11 and 12 are those that were computed, up to the kernel’s first instruction.',
    citation: `TCG PC Client PFP 1.06, 3.3.4; UAPI Group, Linux TPM PCR Registry; ${SHIM}`,
    shownBy: 'the TPM’s commands, event by event; the program that stands for the kernel ran',
  },
  {
    id: 'CVM-SB-018',
    chapter,
    level: 'MUST',
    sentence:
      'A kernel that QEMU gives the firmware, and that nothing allows, is not started by another loader that verifies nothing, unless the host says so aloud.',
    citation: 'edk2 OvmfPkg/Library/X86QemuLoadImageLib (QemuLoadKernelImage), EnableLegacyLoader',
    shownBy:
      'what OVMF says on the console; the twin, in which the host allows that loader, and the same kernel starts',
  },
  {
    id: 'CVM-SB-019',
    chapter,
    level: 'MUST',
    sentence:
      'The variable store of the AmdSev build is a part of its image: what a guest writes is gone when it starts again, and changes nothing of that start, while in flash it stays and changes PCR 7.',
    citation: 'edk2 OvmfPkg/AmdSev/AmdSevX64.fdf; UEFI 2.11, 8.2; TCG PC Client PFP 1.06, 3.3.4.8',
    shownBy:
      'what GetVariable() and SetVariable() returned at two starts, and the TPM’s commands; the twin, a build with flash of its own',
  },
  {
    id: 'CVM-SB-020',
    chapter,
    level: 'MUST',
    sentence:
      'A variable store of the AmdSev build that the host has changed is read by the firmware, and moves the launch digest and PCR 7, both as computed.',
    citation:
      'AMD 56860, SNP_LAUNCH_UPDATE; edk2 OvmfPkg/AmdSev/AmdSevX64.fdf; TCG PC Client PFP 1.06, 3.3.4.8',
    shownBy: 'launch digests computed from both images, and the TPM’s commands of a start of each',
  },
  {
    id: 'CVM-SB-021',
    chapter,
    level: 'SHOULD',
    sentence:
      'Older firmware that is in use starts no kernel either that nothing allows: a default that hands it to the legacy loader undoes Secure Boot, and PCR 4 has nothing of it.',
    citation: 'edk2 OvmfPkg/Library/X86QemuLoadImageLib (QemuLoadKernelImage), EnableLegacyLoader',
    shownBy: 'what OVMF says on the console, and the kernel’s first words',
  },
] as const satisfies readonly Requirement[];

export type SecureBootRequirement = (typeof SECURE_BOOT_REQUIREMENTS)[number]['id'];

/** Who may boot, who says so, and what PCR 7 then says. */
export const SECURE_BOOT: readonly Requirement[] = SECURE_BOOT_REQUIREMENTS;
