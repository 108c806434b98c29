import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import type { ImageVariants, VariantChange } from '../../harness/images/variants.ts';
import { Machine } from '../../harness/machine/machine.ts';
import type { SuiteMachine } from '../setting.ts';

/** A word that no program looks at, for a command line that differs. */
export const OTHER_WORD = 'cvm.twin=1';

/** How each machine of the suite differs from the plainest one. */
type MachineRecipe = {
  readonly generation: FirmwareBuild['generation'];
  readonly secureBoot: boolean;
  readonly change?: VariantChange;
};

/**
 * The machines of the suite: firmware → UKI, from a disk. Two pairs of a boot and its twin, one on each
 * generation of the firmware, which measure differently.
 */
export const MEASURED_BOOT_MACHINES = {
  uki: { generation: '2025.02', secureBoot: false },
  'uki-other-cmdline': {
    generation: '2025.02',
    secureBoot: false,
    change: { addToCmdline: OTHER_WORD },
  },
  'uki-secure-boot': { generation: '2026.08', secureBoot: true },
  'uki-other-certificate': {
    generation: '2026.08',
    secureBoot: true,
    change: { signedBy: 'other' },
  },
} as const satisfies Readonly<Record<string, MachineRecipe>>;

/**
 * Makes the files of every machine of the suite: variable stores with the image's keys, and disks
 * with UKIs that differ.
 *
 * @param firmware the builds that this host has
 */
export async function measuredBootMachines(
  variants: ImageVariants,
  firmware: readonly FirmwareBuild[],
): Promise<Readonly<Record<string, SuiteMachine>>> {
  const machines: Record<string, SuiteMachine> = {};
  for (const [name, recipe] of Object.entries<MachineRecipe>(MEASURED_BOOT_MACHINES)) {
    machines[name] = {
      machine: await makeMachine(name, recipe, variants, firmware),
      access: variants.access,
    };
  }
  return machines;
}

async function makeMachine(
  name: string,
  { generation, secureBoot, change }: MachineRecipe,
  variants: ImageVariants,
  firmware: readonly FirmwareBuild[],
): Promise<Machine> {
  const build = firmware.find(
    (candidate) => candidate.generation === generation && candidate.variant === 'secure-boot',
  );
  if (build?.vars == null) throw new TypeError(`no Secure Boot build of OVMF ${generation}`);
  return Machine.parse({
    name,
    firmware: {
      kind: 'pflash',
      code: build.code.path,
      vars: secureBoot ? await variants.enrolled(build.vars) : build.vars.path,
      smm: true,
    },
    boot: {
      kind: 'disk',
      format: 'raw',
      path: change === undefined ? variants.original : await variants.disk(change),
    },
  });
}
