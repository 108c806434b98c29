import { createHash } from 'node:crypto';
import type { PcrExtend } from './pcr-extend.ts';

const sha256 = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Of boot programs and what is done with them. */
const BOOT_PCR = 4;

/** What the firmware's boot manager extends PCRs with besides what it boots: SHA-256, lower-case hex. */
export const BOOT_EXTENDS = {
  /** EV_SEPARATOR of a boot without errors (PC Client PFP 1.06, 10.4.1). */
  separator: sha256(new Uint8Array(4)),
  /** EV_EFI_ACTIONs of PCR 4: a boot attempt, and its end (10.4.4). */
  calling: sha256('Calling EFI Application from Boot Option'),
  returning: sha256('Returning from EFI Application from Boot Option'),
  /** EV_EFI_ACTION of PCR 5: an operating system has taken over (8.2.4); the firmware's last. */
  leftBootServices: sha256('Exit Boot Services Returned with Success'),
} as const;

const ABOUT_PROGRAMS: readonly string[] = [
  BOOT_EXTENDS.separator,
  BOOT_EXTENDS.calling,
  BOOT_EXTENDS.returning,
];

/** SHA-256 digests that a PCR was extended with, in order, lower-case hex. */
export function sha256Extends(extended: readonly PcrExtend[], pcr: number): readonly string[] {
  return extended.flatMap((one) => (one.pcr === pcr ? (one.digests['sha256'] ?? []) : []));
}

/** Those of PCR 4 that are neither a boot attempt nor the separator: Authenticode digests of programs. */
export function programExtends(extended: readonly PcrExtend[]): readonly string[] {
  return sha256Extends(extended, BOOT_PCR).filter((digest) => !ABOUT_PROGRAMS.includes(digest));
}
