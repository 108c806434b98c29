import type { BootCases } from './boot-case.ts';
import { CHANGED_DISK_CASES } from './changed-disk-cases.ts';
import { OTHER_IMAGE_CASES } from './other-image-cases.ts';

/** Every boot of the suite that something is changed for. */
export const BOOT_CASES: BootCases = { ...CHANGED_DISK_CASES, ...OTHER_IMAGE_CASES };
