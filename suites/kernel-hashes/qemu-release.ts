import type { Judgement } from '../../harness/judge/judgement.ts';
import type { Given } from './case.ts';

/** The first release that shows firmware the kernel as it is in the file, and takes a shim. */
const WITH_NAMED_BLOBS = 10;

/**
 * Why a case cannot be looked at with a QEMU. Before 10.0 QEMU fills in the setup header of a Linux kernel
 * unless the guest is confidential, so that the firmware hashes another kernel than the file; and it knows
 * no shim (QEMU, hw/i386/x86-common.c, x86_load_linux).
 *
 * @param version what `qemu-system-x86_64 --version` says
 * @returns `undefined` where it can, or the version is not known
 */
export function tooOldFor({ kernel, shim }: Given, version = ''): string | undefined {
  const release = /version (\d+)\./.exec(version)?.[1];
  if (release === undefined || Number(release) >= WITH_NAMED_BLOBS) return undefined;
  if (shim !== undefined) return `QEMU ${release}, which takes no shim`;
  return kernel === 'linux'
    ? `QEMU ${release}, which fills in the setup header of a kernel`
    : undefined;
}

/** What a QEMU that is too old does not show. */
export function skippedFor(what: string, reason: string, file: string): Judgement {
  return {
    state: 'skip',
    sentence: `${what}: not looked at: this host has ${reason}`,
    expected: `QEMU ${WITH_NAMED_BLOBS}.0 or newer`,
    observed: reason,
    witness: 'host file',
    file,
  };
}
