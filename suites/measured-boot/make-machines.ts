import { openSource } from '../../harness/host/file-source.ts';
import { bootOfKernel } from '../../harness/images/boot-of.ts';
import type { DirectImage } from '../../harness/images/reference-image.ts';
import type { ImageVariants } from '../../harness/images/variants.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import type { StageName } from '../../harness/vm/boot-stages.ts';
import { IMAGES } from '../images.ts';
import type { SuiteMachine } from '../setting.ts';
import type { MachineMakers, Workshop } from '../workshop.ts';
import { type BootPath, type MachineRecipe, MEASURED_BOOT_MACHINES } from './machines.ts';

/** How each machine of the suite is made: disk, variable store, table of kernel hashes. */
export const MEASURED_BOOT_MAKERS: MachineMakers = Object.fromEntries(
  Object.entries<MachineRecipe>(MEASURED_BOOT_MACHINES).map(([name, recipe]) => [
    name,
    (workshop) =>
      recipe.path === 'kernel'
        ? directMachine(name, recipe, workshop)
        : diskMachine(name, recipe, workshop),
  ]),
);

/** Stages that the images tell of on their console. */
const DISK_STAGES: readonly StageName[] = ['initrd', 'root', 'ssh'];
const DIRECT_STAGES: readonly StageName[] = ['initrd', 'ssh'];

async function diskMachine(
  name: string,
  recipe: Exclude<MachineRecipe, { path: 'kernel' }>,
  workshop: Workshop,
): Promise<SuiteMachine> {
  const { generation, secureBoot, vcpus, memoryMiB } = recipe;
  const variants = workshop.variants(IMAGES.ukiVerity);
  const { code, vars } = workshop.stock.firmware(generation, 'secure-boot');
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
  { stock }: Workshop,
): Promise<SuiteMachine> {
  const direct = stock.direct(IMAGES.initrdOnly);
  const { code } = stock.firmware(generation, 'amd-sev');
  const boot = await bootOfKernel(direct);
  const table = await tableFor(direct, boot.cmdline);
  const hashesTable = await stock.keepInput(`${name}.table`, table);
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
