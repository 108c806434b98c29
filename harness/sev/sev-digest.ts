import { createHash, hash } from 'node:crypto';
import type { ByteSource } from '../bytes/source.ts';
import { hashTableArea, type LaunchFirmware, readLaunchFirmware } from './launch-firmware.ts';
import { type Vcpus, vcpuPages } from './vcpu-pages.ts';
import type { Vmm } from './vmsa.ts';

/** What an SEV or SEV-ES guest is launched from. */
export type SevLaunch = {
  readonly firmware: ByteSource;
  /** The table of hashes, where a kernel is booted directly. */
  readonly hashesTable?: Uint8Array | undefined;
};

/** What an SEV-ES guest is launched from. */
export type SevEsLaunch = SevLaunch & { readonly vmm: Vmm; readonly vcpus: Vcpus };

/** A piece of guest memory that was measured. */
export type MeasuredRegion = {
  /** Which command of the secure processor adds it (AMD 55766, SEV API, 6.4 and 6.6). */
  readonly type: 'LAUNCH_UPDATE_DATA' | 'LAUNCH_UPDATE_VMSA';
  /** Guest physical address in bytes; absent for a VMSA, that has none. */
  readonly gpa: number | undefined;
  /** SHA-256 of the content. */
  readonly digest: Uint8Array;
  readonly size: number;
  readonly holds: string;
};

/** A launch digest, and what it was made of. */
export type SevDigest = {
  /** SHA-256, 32 bytes. */
  readonly digest: Uint8Array;
  readonly regions: readonly MeasuredRegion[];
};

/** A region before it is hashed. */
type Region = Omit<MeasuredRegion, 'digest' | 'size'> & { readonly content: Uint8Array };

/** SEV_FEATURES of an SEV-ES guest: features are SNP's. */
const NO_FEATURES = 0n;

/**
 * The launch digest of an SEV guest: SHA-256 of all that is added to its memory, as the firmware of
 * the secure processor counts it (AMD 55766, SEV API, 6.5).
 *
 * @throws FormatError where the firmware has no place for hashes, or is damaged
 */
export function sevDigest(launch: SevLaunch): SevDigest {
  return measure(memoryRegions(readLaunchFirmware(launch.firmware), launch.hashesTable));
}

/**
 * The launch digest of an SEV-ES guest: like SEV's, with the first states of the vCPUs.
 *
 * @throws FormatError where the firmware lacks what the launch needs, or is damaged
 */
export function sevEsDigest(launch: SevEsLaunch): SevDigest {
  const firmware = readLaunchFirmware(launch.firmware);
  const memory = memoryRegions(firmware, launch.hashesTable);
  const vcpus = vcpuPages(firmware, launch.vmm, launch.vcpus, NO_FEATURES);
  const states = vcpus.map(
    ({ vcpu, vmsa }): Region => ({
      type: 'LAUNCH_UPDATE_VMSA',
      gpa: undefined,
      content: vmsa,
      holds: `first state of vCPU ${vcpu}`,
    }),
  );
  return measure([...memory, ...states]);
}

function memoryRegions(
  firmware: LaunchFirmware,
  hashesTable: Uint8Array | undefined,
): readonly Region[] {
  const type = 'LAUNCH_UPDATE_DATA';
  const image: Region = { type, gpa: firmware.gpa, content: firmware.bytes, holds: 'firmware' };
  if (hashesTable === undefined) return [image];
  const gpa = hashTableArea(firmware).base;
  const holds = 'hashes of kernel, initrd and command line';
  return [image, { type, gpa, content: hashesTable, holds }];
}

function measure(regions: readonly Region[]): SevDigest {
  const all = createHash('sha256');
  for (const { content } of regions) all.update(content);
  return {
    digest: all.digest(),
    regions: regions.map(({ content, ...region }) => ({
      ...region,
      size: content.length,
      digest: hash('sha256', content, 'buffer'),
    })),
  };
}
