import type { ByteSource } from '../../harness/bytes/source.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { signatureOf } from '../../harness/sev/cpu-types.ts';
import { type DirectBoot, hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import { type SnpLaunch, snpDigest } from '../../harness/sev/snp-digest.ts';

/** SEV_FEATURES of an SNP guest that asks for nothing else: SNPActive. */
const SNP_ACTIVE = 1n;

/** All that a direct SNP launch is computed from. */
export type DirectLaunch = Omit<SnpLaunch, 'hashesTable'> & {
  readonly boot: DirectBoot<ByteSource>;
  /** Whether the VMM puts the hashes of what is booted into guest memory. */
  readonly kernelHashes: boolean;
};

/**
 * Opens what a machine's launch is computed from.
 *
 * @param machine an SNP guest that is booted directly, of a vCPU type that QEMU names
 * @param files closes them
 */
export async function launchOf(machine: Machine, files: DisposableStack): Promise<DirectLaunch> {
  const { firmware, boot, cpu, vcpus, sev } = machine;
  const signature = signatureOf(cpu);
  if (firmware.kind !== 'bios' || boot.kind !== 'kernel' || signature === undefined) {
    throw new TypeError(`${machine.name} is no direct launch of a known vCPU type`);
  }
  const open = async (path: string) => files.use(await openSource(path));
  return {
    firmware: await open(firmware.image),
    vmm: 'qemu',
    vcpus: { count: vcpus, signature },
    features: SNP_ACTIVE,
    kernelHashes: sev?.kernelHashes ?? false,
    boot: {
      kernel: await open(boot.kernel),
      initrd: boot.initrd === undefined ? undefined : await open(boot.initrd),
      cmdline: boot.cmdline,
    },
  };
}

/** The launch digest, 48 bytes. */
export function digestOf({ boot, kernelHashes, ...launch }: DirectLaunch): Uint8Array {
  const hashesTable = kernelHashes ? makeHashesTable(hashKernel(boot)) : undefined;
  return snpDigest({ ...launch, hashesTable }).digest;
}

/** The same bytes but for the lowest bit of one. */
export function withOtherBit(source: ByteSource, at: number): ByteSource {
  const { name, size } = source;
  return {
    name,
    size,
    read: (offset, length) => {
      const bytes = Uint8Array.from(source.read(offset, length));
      const byte = bytes[at - offset];
      if (byte !== undefined) bytes[at - offset] = byte ^ 1;
      return bytes;
    },
  };
}
