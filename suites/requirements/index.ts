import { ATTESTATION } from './attestation.ts';
import { DM_VERITY } from './dm-verity.ts';
import { EPHEMERAL_VTPM } from './ephemeral-vtpm.ts';
import { KERNEL_HASHES } from './kernel-hashes.ts';
import { LAUNCH_MEASUREMENT } from './launch-measurement.ts';
import { MEASURED_BOOT } from './measured-boot.ts';
import type { Requirement } from './requirement.ts';
import { SEALED_ROOT } from './sealed-root.ts';
import { SECURE_BOOT } from './secure-boot.ts';

/** Every requirement of the suites. Ids are never used again. */
export const REQUIREMENTS: readonly Requirement[] = [
  ...MEASURED_BOOT,
  ...KERNEL_HASHES,
  ...LAUNCH_MEASUREMENT,
  ...EPHEMERAL_VTPM,
  ...SECURE_BOOT,
  ...SEALED_ROOT,
  ...DM_VERITY,
  ...ATTESTATION,
];
