import type { Requirement } from './requirement.ts';

const chapter = 'kernel-hashes';

const VERIFIER = 'edk2 OvmfPkg/AmdSev/BlobVerifierLibSevHashes';
const LOADER = 'edk2 OvmfPkg/QemuKernelLoaderFsDxe';

/** What shows that the firmware refused: who stopped, and that the TPM never heard of a program. */
const REFUSAL =
  'the firmware’s program that the processor stopped in, and the TPM’s commands, without a program in PCR 4; the same run with what the table lists boots';

const KERNEL_HASHES_REQUIREMENTS = [
  {
    id: 'CVM-KH-001',
    chapter,
    level: 'MUST',
    sentence:
      'The firmware boots exactly the kernel, initrd and command line whose SHA-256 the table of hashes holds, whatever the order of its entries.',
    citation: `${VERIFIER}; QEMU target/i386/sev.c, sev_add_kernel_loader_hashes`,
    shownBy:
      'the TPM’s commands: PCR 4 gets the Authenticode digest of the kernel; the table is read back from guest memory',
  },
  {
    id: 'CVM-KH-002',
    chapter,
    level: 'MUST',
    sentence: 'A kernel other than the table’s is refused before it is measured or started.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-003',
    chapter,
    level: 'MUST',
    sentence: 'With an initrd other than the table’s, or none, no kernel is started.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-004',
    chapter,
    level: 'MUST',
    sentence:
      'With a command line other than the table’s, by as little as a space at its end, no kernel is started.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-005',
    chapter,
    level: 'MUST',
    sentence:
      'Without a table, or with one that is none by its GUID or length, no kernel is started.',
    citation: `${VERIFIER}, constructor; ${LOADER}`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-006',
    chapter,
    level: 'MUST',
    sentence: 'An entry that does not hold 32 bytes lets nothing through.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-007',
    chapter,
    level: 'MUST',
    sentence:
      'An entry of length 0 lets nothing through; the firmware may search behind it for ever.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-008',
    chapter,
    level: 'MUST',
    sentence: 'Of two entries for one thing the first counts.',
    citation: VERIFIER,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-009',
    chapter,
    level: 'SHOULD',
    sentence:
      'What the table does not list is not booted. Where the firmware boots it all the same, as edk2 does since edk2-stable202408, the launch digest alone protects the guest: it holds the table, so the owner sees one that lacks an entry (CVM-KH-010).',
    citation: `${VERIFIER}, commits 56059941ec and 10b4bb8d6d`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-010',
    chapter,
    level: 'MUST',
    sentence:
      'A table that lacks an entry, or cuts one off, has another launch digest than the complete one.',
    citation: 'AMD 56860, SNP_LAUNCH_UPDATE; QEMU target/i386/sev.c',
    shownBy: 'launch digests of this firmware with the tables that were in guest memory',
  },
  {
    id: 'CVM-KH-011',
    chapter,
    level: 'SHOULD',
    sentence:
      'A shim that the VMM adds is not started unverified. Where the firmware starts it, as edk2 does since edk2-stable202502, neither table nor launch digest tells: PCR 4 of a TPM that the host cannot forge does.',
    citation: `${LOADER}, QemuKernelVerifyBlob; edk2 OvmfPkg/Library/GenericQemuLoadImageLib`,
    shownBy: REFUSAL,
  },
  {
    id: 'CVM-KH-012',
    chapter,
    level: 'MUST',
    sentence:
      'A guest whose kernel the table does not list still measures it: PCRs 4 and 9 show the kernel, the command line and the initrd that were booted.',
    citation: 'edk2 SecurityPkg/Library/DxeTpm2MeasureBootLib; Linux drivers/firmware/efi/libstub',
    shownBy: 'tpm2_pcrread in the guest and the event log, against the digests of the files',
  },
] as const satisfies readonly Requirement[];

export type KernelHashesRequirement = (typeof KERNEL_HASHES_REQUIREMENTS)[number]['id'];

/** The AmdSev firmware's check of what it boots directly against the table of hashes. */
export const KERNEL_HASHES: readonly Requirement[] = KERNEL_HASHES_REQUIREMENTS;
