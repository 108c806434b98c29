import { openSource } from '../../harness/host/file-source.ts';
import { bootOfKernel } from '../../harness/images/boot-of.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel } from '../../harness/sev/hashes-table.ts';
import { IMAGES } from '../images.ts';
import type { SuiteMachine } from '../setting.ts';
import type { MachineMakers, Workshop } from '../workshop.ts';
import { amdSevFirmware } from './parts.ts';
import { entriesOf, table } from './tables.ts';

/** The guest whose kernel its table does not list. */
export const UNLISTED_KERNEL = 'direct-kernel-unlisted';

/** How the suite's guest is made that boots to its end: with a table of initrd and command line alone. */
export const KERNEL_HASHES_MAKERS: MachineMakers = { [UNLISTED_KERNEL]: unlistedKernel };

async function unlistedKernel({ stock }: Workshop): Promise<SuiteMachine> {
  const image = stock.direct(IMAGES.initrdOnly);
  const boot = await bootOfKernel(image);
  using kernel = await openSource(image.kernel);
  using initrd = await openSource(image.initrd);
  const hashes = hashKernel({ kernel, initrd, cmdline: boot.cmdline });
  const unlisted = table(entriesOf(hashes, ['cmdline', 'initrd']));
  const hashesTable = await stock.keepInput(`${UNLISTED_KERNEL}.table`, unlisted);
  const machine = Machine.parse({
    name: UNLISTED_KERNEL,
    firmware: { kind: 'bios', image: amdSevFirmware(stock).code.path },
    boot: { ...boot, hashesTable },
    vcpus: 1,
    memoryMiB: 1024,
  });
  const { sshKey, sshHostKey } = image.keys;
  const access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
  return { machine, access, announced: ['initrd', 'ssh'] };
}
