import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import type { LoaderBoot, VariantChange } from '../../harness/images/variants.ts';

/** A word that no program looks at, for a command line that differs. */
export const OTHER_WORD = 'cvm.twin=1';

/** The same, for the second profile of a UKI. */
export const PROFILE_WORD = 'cvm.profile=other';

/** How the firmware comes to the kernel. */
export type BootPath =
  | { readonly path: 'uki'; readonly change?: VariantChange }
  | ({ readonly path: 'systemd-boot' } & Omit<LoaderBoot, 'bootPath'>)
  | { readonly path: 'shim'; readonly secondStage: 'uki' | 'systemd-boot' }
  | { readonly path: 'kernel' };

export type MachineRecipe = BootPath & {
  readonly generation: FirmwareBuild['generation'];
  readonly secureBoot: boolean;
  readonly vcpus: number;
  readonly memoryMiB: number;
};

/**
 * The machines of the suite. Path, Secure Boot, vCPUs and memory are paired: every two values of two of
 * them meet in one machine. Two more are twins that differ from one of these in a word or a signature.
 */
export const MEASURED_BOOT_MACHINES = {
  uki: { path: 'uki', generation: '2025.02', secureBoot: false, vcpus: 1, memoryMiB: 1024 },
  'uki-other-cmdline': {
    path: 'uki',
    change: { addToCmdline: OTHER_WORD },
    generation: '2025.02',
    secureBoot: false,
    vcpus: 1,
    memoryMiB: 1024,
  },
  'uki-secure-boot': {
    path: 'uki',
    generation: '2026.08',
    secureBoot: true,
    vcpus: 2,
    memoryMiB: 2048,
  },
  'uki-other-certificate': {
    path: 'uki',
    change: { signedBy: 'other' },
    generation: '2026.08',
    secureBoot: true,
    vcpus: 2,
    memoryMiB: 2048,
  },
  'systemd-boot-companions': {
    path: 'systemd-boot',
    companions: true,
    generation: '2026.08',
    secureBoot: false,
    vcpus: 1,
    memoryMiB: 2048,
  },
  'systemd-boot-profile': {
    path: 'systemd-boot',
    companions: true,
    otherProfile: PROFILE_WORD,
    generation: '2025.02',
    secureBoot: true,
    vcpus: 2,
    memoryMiB: 1024,
  },
  shim: {
    path: 'shim',
    secondStage: 'systemd-boot',
    generation: '2025.02',
    secureBoot: false,
    vcpus: 2,
    memoryMiB: 2048,
  },
  'shim-secure-boot': {
    path: 'shim',
    secondStage: 'uki',
    generation: '2026.08',
    secureBoot: true,
    vcpus: 1,
    memoryMiB: 1024,
  },
  'direct-kernel': {
    path: 'kernel',
    generation: '2026.08',
    secureBoot: false,
    vcpus: 2,
    memoryMiB: 2048,
  },
  'direct-kernel-small': {
    path: 'kernel',
    generation: '2026.08',
    secureBoot: false,
    vcpus: 1,
    memoryMiB: 1024,
  },
} as const satisfies Readonly<Record<string, MachineRecipe>>;

export type MeasuredBootMachine = keyof typeof MEASURED_BOOT_MACHINES;

/**
 * Whether IMA measures nothing but its aggregate: with Secure Boot on, the kernel has it measure modules
 * too, in whatever order they are loaded; a kernel without root file system does not show its options.
 */
export function hasKnownIma({
  path,
  secureBoot,
}: Pick<MachineRecipe, 'path' | 'secureBoot'>): boolean {
  return path !== 'kernel' && !secureBoot;
}
