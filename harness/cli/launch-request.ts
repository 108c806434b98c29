import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import { type DirectBoot, hashKernel, makeHashesTable } from '../sev/hashes-table.ts';
import type { Vmm } from '../sev/vmsa.ts';
import { type VcpuFlags, vcpuSignature } from './vcpu-signature.ts';

/** Kinds of launch, by the names of `--mode`. */
export const LAUNCH_MODES = ['snp', 'sev-es', 'sev', 'snp-ovmf-hash'] as const;

export type LaunchMode = (typeof LAUNCH_MODES)[number];

/** The flags of `cvm launch-digest` but for those that name files. */
export type LaunchFlags = VcpuFlags & {
  readonly mode: LaunchMode;
  readonly cmdline?: string;
  readonly vcpus: number;
  /** SEV_FEATURES, 64 bits. */
  readonly guestFeatures: bigint;
  readonly vmm: Vmm;
  readonly ovmfHash?: Uint8Array;
  readonly varsSize?: number;
};

/** The files that the flags name. */
export type LaunchFiles = {
  readonly firmware?: ByteSource | undefined;
  readonly kernel?: ByteSource | undefined;
  readonly initrd?: ByteSource | undefined;
  readonly svsm?: ByteSource | undefined;
  readonly vars?: ByteSource | undefined;
  readonly igvm?: ByteSource | undefined;
};

/**
 * Refuses flags that contradict each other, before any file is read.
 *
 * @throws UsageError
 */
export function checkLaunch(flags: LaunchFlags, files: LaunchFiles): void {
  const { mode } = flags;
  if (files.kernel === undefined && (files.initrd !== undefined || flags.cmdline !== undefined)) {
    throw new UsageError('--initrd and --cmdline are hashed with a kernel: --kernel is missing');
  }
  if (flags.ovmfHash !== undefined && (mode !== 'snp' || files.svsm !== undefined)) {
    throw new UsageError('--ovmf-hash is for --mode snp without --svsm');
  }
  if (files.igvm !== undefined) checkIgvm(flags, files);
  if (files.svsm !== undefined) checkSvsm(flags, files);
  if (files.svsm === undefined && (files.vars ?? flags.varsSize) !== undefined) {
    throw new UsageError('--vars and --vars-size are for --svsm alone');
  }
}

/** An IGVM file says all that is measured. */
function checkIgvm({ mode, ovmfHash }: LaunchFlags, files: LaunchFiles): void {
  if (mode !== 'snp') throw new UsageError('--igvm is for --mode snp');
  const { firmware, kernel, svsm } = files;
  if ([firmware, kernel, svsm, ovmfHash].some((one) => one !== undefined)) {
    throw new UsageError('--igvm goes without --firmware, --kernel, --svsm and --ovmf-hash');
  }
}

function checkSvsm({ mode, vmm, varsSize }: LaunchFlags, files: LaunchFiles): void {
  if (mode !== 'snp' || vmm !== 'qemu') {
    throw new UsageError('--svsm is for --mode snp with --vmm qemu');
  }
  if (files.kernel !== undefined) throw new UsageError('--svsm measures no kernel');
  if ((files.vars === undefined) === (varsSize === undefined)) {
    throw new UsageError('--svsm needs the size of the variable store: --vars or --vars-size');
  }
}

/**
 * The firmware of a launch.
 *
 * @throws UsageError where none was given
 */
export function firmwareOf({ firmware }: LaunchFiles): ByteSource {
  if (firmware === undefined) throw new UsageError('--firmware is missing');
  return firmware;
}

/**
 * The vCPUs of a launch.
 *
 * @throws UsageError where the guest can see what they are, and the flags do not say
 */
export function vcpusOf(flags: LaunchFlags): {
  readonly count: number;
  readonly signature: number;
} {
  const signature = vcpuSignature(flags);
  if (signature === undefined && flags.vmm === 'qemu') {
    throw new UsageError('--vcpu-type, --vcpu-sig or --vcpu-family is missing');
  }
  return { count: flags.vcpus, signature: signature ?? 0 };
}

/** What is booted directly; absent where nothing is. */
export function directBoot(
  { cmdline }: LaunchFlags,
  { kernel, initrd }: LaunchFiles,
): DirectBoot<ByteSource> | undefined {
  return kernel && { kernel, initrd, cmdline };
}

/** The table of hashes of what is booted directly. */
export function hashesTableOf(boot: DirectBoot<ByteSource> | undefined): Uint8Array | undefined {
  return boot && makeHashesTable(hashKernel(boot));
}
