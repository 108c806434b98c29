import { Machine } from '../../harness/machine/machine.ts';
import { IMAGES } from '../images.ts';
import { MEASURED_BOOT_MACHINES } from '../measured-boot/machines.ts';
import type { MachineMakers } from '../workshop.ts';
import { OtherDisks } from './other-disks.ts';

/** Machines that boot to their end and are judged by what they measured. */
export const DM_VERITY_MAKERS: MachineMakers = {
  /** Like `uki` of the measured boots, with another root and its root hash. */
  'other-root': async (workshop) => {
    const variants = workshop.variants(IMAGES.ukiVerity);
    const { code, vars } = workshop.stock.firmware('2025.02', 'secure-boot');
    if (vars === null) throw new TypeError('the build has no variable store');
    const path = await new OtherDisks(variants, workshop.changes).recomputed('');
    const machine = Machine.parse({
      name: 'other-root',
      firmware: { kind: 'pflash', code: code.path, vars: vars.path, smm: true },
      boot: { kind: 'disk', format: 'raw', path },
      vcpus: MEASURED_BOOT_MACHINES.uki.vcpus,
    });
    return { machine, access: variants.access, announced: ['initrd', 'root', 'ssh'] };
  },
};
