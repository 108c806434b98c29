import { createHash } from 'node:crypto';
import type { ByteSource } from '../../bytes/source.ts';

/**
 * I/O port of the ACPI timer of a q35 machine: ICH9_PMBASE_VALUE, which the firmware sets, and
 * ACPI_TIMER_OFFSET (edk2, OvmfPkg/Include/IndustryStandard/Q35MchIch9.h and
 * OvmfPkg/Library/AcpiTimerLib/BaseAcpiTimerLib.c).
 */
const ACPI_TIMER_PORT = 0x600 + 0x8;

/** How the PEI modules of a build leave their volume. */
type Rule = {
  /**
   * Offset in the volume of the PEI core's mAcpiTimerIoAddr, which AcpiTimerLib's constructor sets
   * where the core runs in place; absent where the core has no use for a timer.
   */
  readonly timer: number | undefined;
};

/**
 * Volumes of which it is known that nothing else in them changes, by their SHA-256 in flash. Code
 * alone does not show it: every module has stores to globals, and whether it runs in place or in a
 * copy is decided at run time. So each was read from memory at its measurement, on machines with 1 to
 * 4 vCPUs and 1 to 6 GiB, with disks and with kernels, under TCG. None of them relocates SMM: where
 * PlatformPei does (edk2, UefiCpuPkg/Library/SmmRelocationLib) it patches its code with addresses of
 * memory that it was given, and there is no rule.
 */
const RULES: ReadonlyMap<string, Rule> = new Map([
  // Debian ovmf 2025.02-8+deb13u1: OVMF_CODE_4M.fd
  ['acc7cc32f3e05161d1620022562909c284f700d73082cf7ac159451a3f7c7212', { timer: 0x6e50 }],
  // Debian ovmf-generic 2026.08+ds-2: OVMF_CODE_4M.fd
  ['10e48f005bc9f46830c4596b9ab6f8d0b98427f08e17d6d0e6eef582a7b12512', { timer: undefined }],
  // Debian ovmf-amdsev 2026.08+ds-2: OVMF.amdsev.fd
  ['86dfa77cb380ca0152711c13c34bb9d360fea1e73e6ca45e87b2b4f3f8527fa6', { timer: 0x6f30 }],
]);

/**
 * What the volume with the PEI modules holds at the time that it is measured, on a q35 machine whose
 * guest is not itself confidential, for the builds of which that is known. The firmware runs the
 * modules in the volume and measures it afterwards.
 *
 * @param volume as it is in flash
 * @returns the volume as it is measured; `undefined` where no rule is known for this build
 */
export function computePeiVolume(volume: ByteSource): Uint8Array | undefined {
  const bytes = new Uint8Array(volume.read(0, volume.size));
  const rule = RULES.get(createHash('sha256').update(bytes).digest('hex'));
  if (rule?.timer !== undefined) {
    new DataView(bytes.buffer).setUint32(rule.timer, ACPI_TIMER_PORT, true);
  }
  return rule && bytes;
}
