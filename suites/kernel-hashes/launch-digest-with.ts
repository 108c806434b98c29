import { toHex } from '../../harness/bytes/hex.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { cpuSignature } from '../../harness/sev/cpu-types.ts';
import { snpDigest } from '../../harness/sev/snp-digest.ts';

/** An SNP guest of one vCPU, a Milan. */
const LAUNCH = {
  vmm: 'qemu',
  vcpus: { count: 1, signature: cpuSignature({ family: 25, model: 1, stepping: 1 }) },
  features: 1n,
} as const;

/**
 * The launch digest of an SNP guest.
 *
 * @param hashesTable what the area for the table of hashes holds
 * @param path of the firmware
 * @returns lower-case hex
 */
export async function launchDigestWith(hashesTable: Uint8Array, path: string): Promise<string> {
  using firmware = await openSource(path);
  return toHex(snpDigest({ firmware, ...LAUNCH, hashesTable }).digest);
}
