import { bootOfKernel } from '../../harness/images/boot-of.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { IMAGES } from '../images.ts';
import type { SuiteMachine } from '../setting.ts';
import type { Stock } from '../stock.ts';

/** What a report is to show of the host, so that nothing else can be mistaken for it. */
const HOST_DATA = 'c0'.repeat(32);

/** The suite's SNP guest: a kernel and an initrd that is the whole system, their hashes measured. */
export async function snpMachine(stock: Stock): Promise<SuiteMachine> {
  const image = stock.direct(IMAGES.initrdOnly);
  const firmware = stock.firmware('2026.08', 'amd-sev');
  const machine = Machine.parse({
    name: 'snp-guest',
    firmware: { kind: 'bios', image: firmware.code.path },
    boot: await bootOfKernel(image),
    cpu: 'EPYC-v4',
    vcpus: 2,
    memoryMiB: 2048,
    sev: { mode: 'snp', hostData: HOST_DATA, kernelHashes: true },
  });
  const { sshKey, sshHostKey } = image.keys;
  const access = { user: 'root', privateKey: sshKey, hostKey: `${sshHostKey}.pub` };
  return { machine, access, announced: ['initrd', 'ssh'] };
}
