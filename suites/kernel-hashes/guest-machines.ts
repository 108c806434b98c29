import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { bootOfKernel } from '../../harness/images/boot-of.ts';
import type { FirmwareBuild } from '../../harness/images/firmware-build.ts';
import type { DirectImage } from '../../harness/images/reference-image.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel } from '../../harness/sev/hashes-table.ts';
import type { SuiteMachine } from '../setting.ts';
import { entriesOf, table } from './tables.ts';

/** The guest whose kernel its table does not list. */
export const UNLISTED_KERNEL = 'direct-kernel-unlisted';

/**
 * Makes the suite's guest that boots to its end: with a table of initrd and command line alone.
 *
 * @param inputs directory that keeps the table
 */
export async function kernelHashesMachines(
  image: DirectImage,
  firmware: FirmwareBuild,
  inputs: string,
): Promise<Readonly<Record<string, SuiteMachine>>> {
  const boot = await bootOfKernel(image);
  using kernel = await openSource(image.kernel);
  using initrd = await openSource(image.initrd);
  const hashes = hashKernel({ kernel, initrd, cmdline: boot.cmdline });
  const hashesTable = join(inputs, `${UNLISTED_KERNEL}.table`);
  await mkdir(inputs, { recursive: true, mode: 0o700 });
  await writeFileAtomically(hashesTable, table(entriesOf(hashes, ['cmdline', 'initrd'])));
  const machine = Machine.parse({
    name: UNLISTED_KERNEL,
    firmware: { kind: 'bios', image: firmware.code.path },
    boot: { ...boot, hashesTable },
    vcpus: 1,
    memoryMiB: 1024,
  });
  const { sshKey, sshHostKey } = image.keys;
  const access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
  return { [UNLISTED_KERNEL]: { machine, access, announced: ['initrd', 'ssh'] } };
}
