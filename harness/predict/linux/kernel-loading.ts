import type { OvmfBuild } from '../../formats/ovmf-build.ts';

/** Texts of the drivers that load what QEMU's `-kernel` gives, by what they do. */
const TEXTS = {
  unchangedKernel: 'etc/boot/\0',
  initrdFirst: 'initrd=initrd \0',
  initrdLast: ' initrd=initrd\0',
} as const;

/** How an OVMF loads a kernel that QEMU gives it. */
export type KernelLoading = {
  /**
   * Whether it takes the kernel as the file has it (edk2-stable202502 and later, with QEMU 10.0 and
   * later), and not with the changes that QEMU makes to its header.
   */
  readonly isUnchanged: boolean;
  /**
   * Adds to the command line that there is an initrd: before it from edk2-stable202508 on, behind it
   * until then; absent where the firmware does neither.
   */
  readonly withInitrd: ((commandLine: string) => string) | undefined;
};

/**
 * Looks into a firmware for how it loads a kernel that QEMU gives it.
 *
 * @param build the firmware
 * @see edk2, OvmfPkg/QemuKernelLoaderFsDxe, OvmfPkg/Library/GenericQemuLoadImageLib and
 *   X86QemuLoadImageLib
 */
export function kernelLoading({ dxeVolume }: Pick<OvmfBuild, 'dxeVolume'>): KernelLoading {
  const { buffer, byteOffset, byteLength } = dxeVolume.read(0, dxeVolume.size);
  const drivers = Buffer.from(buffer, byteOffset, byteLength);
  const isFirst = drivers.includes(TEXTS.initrdFirst);
  const isLast = drivers.includes(TEXTS.initrdLast);
  return {
    isUnchanged: drivers.includes(TEXTS.unchangedKernel),
    withInitrd: isFirst === isLast ? undefined : isFirst ? initrdFirst : initrdLast,
  };
}

function initrdFirst(commandLine: string): string {
  return `initrd=initrd ${commandLine}`;
}

function initrdLast(commandLine: string): string {
  return `${commandLine} initrd=initrd`;
}
