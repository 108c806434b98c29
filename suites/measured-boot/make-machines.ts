import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { bootOfKernel } from '../../harness/images/boot-of.ts';
import type { FirmwareBuild, FirmwareVariant } from '../../harness/images/firmware-build.ts';
import type { DirectImage } from '../../harness/images/reference-image.ts';
import type { ImageVariants } from '../../harness/images/variants.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import type { StageName } from '../../harness/vm/boot-stages.ts';
import type { SuiteMachine } from '../setting.ts';
import { type BootPath, type MachineRecipe, MEASURED_BOOT_MACHINES } from './machines.ts';

/** What the machines are made from. */
export type MachineParts = {
  /** Variants of the image with a UKI. */
  readonly variants: ImageVariants;
  /** The image that is booted directly. */
  readonly direct: DirectImage;
  /** The builds that this host has. */
  readonly firmware: readonly FirmwareBuild[];
  /** Directory that keeps what a machine is given and no image has. */
  readonly inputs: string;
};

/** Makes the files of every machine of the suite: disks, variable stores, tables of kernel hashes. */
export async function measuredBootMachines(
  parts: MachineParts,
): Promise<Readonly<Record<string, SuiteMachine>>> {
  const machines: Record<string, SuiteMachine> = {};
  for (const [name, recipe] of Object.entries<MachineRecipe>(MEASURED_BOOT_MACHINES)) {
    machines[name] =
      recipe.path === 'kernel'
        ? await directMachine(name, recipe, parts)
        : await diskMachine(name, recipe, parts);
  }
  return machines;
}

/** Stages that the images tell of on their console. */
const DISK_STAGES: readonly StageName[] = ['initrd', 'root', 'ssh'];
const DIRECT_STAGES: readonly StageName[] = ['initrd', 'ssh'];

async function diskMachine(
  name: string,
  recipe: Exclude<MachineRecipe, { path: 'kernel' }>,
  { variants, firmware }: MachineParts,
): Promise<SuiteMachine> {
  const { generation, secureBoot, vcpus, memoryMiB } = recipe;
  const { code, vars } = buildOf(firmware, generation, 'secure-boot');
  if (vars === null) throw new TypeError(`OVMF ${generation} has no variable store`);
  const store =
    recipe.path === 'shim'
      ? variants.enrolledForShim(vars, secureBoot)
      : secureBoot
        ? variants.enrolled(vars)
        : vars.path;
  const machine = Machine.parse({
    name,
    firmware: { kind: 'pflash', code: code.path, vars: await store, smm: true },
    boot: { kind: 'disk', format: 'raw', path: await diskOf(recipe, variants) },
    vcpus,
    memoryMiB,
  });
  return { machine, access: variants.access, announced: DISK_STAGES };
}

function diskOf(recipe: Exclude<BootPath, { path: 'kernel' }>, variants: ImageVariants) {
  switch (recipe.path) {
    case 'uki':
      return recipe.change === undefined ? variants.original : variants.disk(recipe.change);
    case 'systemd-boot': {
      const { companions, otherProfile } = recipe;
      const boot = { bootPath: 'systemd-boot', companions } as const;
      return variants.loaderDisk(otherProfile === undefined ? boot : { ...boot, otherProfile });
    }
    case 'shim':
      return variants.shimDisk(recipe.secondStage);
  }
}

/** The AmdSev build checks kernel, initrd and command line against the table. */
async function directMachine(
  name: string,
  { generation, vcpus, memoryMiB }: MachineRecipe,
  { direct, firmware, inputs }: MachineParts,
): Promise<SuiteMachine> {
  const { code } = buildOf(firmware, generation, 'amd-sev');
  const boot = await bootOfKernel(direct);
  const hashesTable = join(inputs, 'kernel-hashes.bin');
  await mkdir(inputs, { recursive: true, mode: 0o700 });
  await writeFileAtomically(hashesTable, await tableFor(direct, boot.cmdline));
  const machine = Machine.parse({
    name,
    firmware: { kind: 'bios', image: code.path },
    boot: { ...boot, hashesTable },
    vcpus,
    memoryMiB,
  });
  const { sshKey, sshHostKey } = direct.keys;
  const access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
  return { machine, access, announced: DIRECT_STAGES };
}

async function tableFor(image: DirectImage, cmdline: string | undefined): Promise<Uint8Array> {
  using kernel = await openSource(image.kernel);
  using initrd = await openSource(image.initrd);
  return makeHashesTable(hashKernel({ kernel, initrd, cmdline }));
}

function buildOf(
  firmware: readonly FirmwareBuild[],
  generation: string,
  variant: FirmwareVariant,
): FirmwareBuild {
  const found = firmware.find(
    (build) => build.generation === generation && build.variant === variant,
  );
  if (found !== undefined) return found;
  throw new TypeError(`no ${variant} build of OVMF ${generation}`);
}
