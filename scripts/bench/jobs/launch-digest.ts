import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toHex } from '../../../harness/bytes/hex.ts';
import { openSource } from '../../../harness/host/file-source.ts';
import { hashKernel } from '../../../harness/sev/hashes-table.ts';
import { ABLE, makeOvmf } from '../../../harness/sev/testing/make-ovmf.ts';
import { cvm, peer } from '../commands.ts';
import type { Agreement, Job } from '../job.ts';
import { writeSeeded } from '../seeded-file.ts';

/** Pages of a firmware of 4 MiB. */
const FIRMWARE_PAGES = 1024;
const KERNEL_BYTES = 10_000_000;
const INITRD_BYTES = 60_000_000;
const VCPUS = '64';

/** A launch digest of SNP. The peer does what no such tool can do without: it hashes kernel and initrd. */
export const LAUNCH_DIGEST: Job = {
  name: 'launch-digest',
  ours: `cvm launch-digest --mode snp, ${VCPUS} vCPUs`,
  peer: 'sha256sum of kernel and initrd',
  prepare: async (folder) => {
    const at = (name: string) => join(folder, name);
    const [kernel, initrd] = [at('kernel'), at('initrd')];
    const theirs = peer('/usr/bin/sha256sum', [kernel, initrd], { readable: [folder] });
    await writeFile(at('firmware'), makeOvmf({ ...ABLE, pages: FIRMWARE_PAGES }));
    await writeSeeded(kernel, 'kernel', KERNEL_BYTES);
    await writeSeeded(initrd, 'initrd', INITRD_BYTES);
    const files = ['--firmware', at('firmware'), '--kernel', kernel, '--initrd', initrd];
    const cpus = ['--vcpus', VCPUS, '--vcpu-type', 'EPYC-Milan'];
    return {
      ours: cvm('launch-digest', '--mode', 'snp', ...files, ...cpus),
      peer: theirs,
      agree: (digest, sums) => agree(digest, sums, kernel, initrd),
    };
  },
};

/** The peer's digests are those that go into the table of hashes, which the launch digest covers. */
async function agree(
  digest: string,
  sums: string,
  kernelPath: string,
  initrdPath: string,
): Promise<Agreement> {
  using kernel = await openSource(kernelPath);
  using initrd = await openSource(initrdPath);
  const hashes = hashKernel({ kernel, initrd, cmdline: undefined });
  const ours = [toHex(hashes.kernel), toHex(hashes.initrd)];
  const theirs = sums.split('\n').map((line) => line.split(' ')[0]);
  if (!ours.every((hash, index) => hash === theirs[index])) return 'kernel or initrd hash differs';
  return /^[0-9a-f]{96}$/.test(digest) || 'cvm prints no launch digest';
}
