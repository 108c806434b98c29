import type { ByteSource } from '../bytes/source.ts';
import { type LaunchFirmware, readLaunchFirmware, svsmEntry } from './launch-firmware.ts';
import { type LaunchPage, type MeasuredPage, measurePages, NOTHING_MEASURED } from './page-info.ts';
import { imagePages, sectionPages, vmsaPages } from './snp-pages.ts';
import { makeSvsmVmsa } from './svsm-vmsa.ts';
import { type Vcpus, vcpuPages } from './vcpu-pages.ts';
import type { Vmm } from './vmsa.ts';

/** What an SNP guest is launched from. */
export type SnpLaunch = {
  readonly firmware: ByteSource;
  readonly vmm: Vmm;
  readonly vcpus: Vcpus;
  /** SEV_FEATURES: 1 is SNPActive alone. */
  readonly features: bigint;
  /** The table of hashes, where a kernel is booted directly. */
  readonly hashesTable?: Uint8Array | undefined;
  /** The digest after the firmware's own pages, 48 bytes: their content is then not looked at. */
  readonly firmwareDigest?: Uint8Array | undefined;
};

/** A launch digest, and how it came to be. */
export type SnpDigest = {
  /** SHA-384, 48 bytes. */
  readonly digest: Uint8Array;
  /** Every page in the order of the launch. */
  readonly pages: readonly MeasuredPage[];
};

/**
 * The launch digest of an SNP guest that starts in OVMF.
 *
 * @throws FormatError where the firmware lacks what the launch needs, or is damaged
 */
export function snpDigest(launch: SnpLaunch): SnpDigest {
  const firmware = readLaunchFirmware(launch.firmware);
  const own = launch.firmwareDigest === undefined ? imagePages(firmware, 'firmware') : [];
  const pages = concat(own, sectionPages(firmware, launch), firstStates(firmware, launch));
  return finish(pages, launch.firmwareDigest);
}

function* firstStates(
  firmware: LaunchFirmware,
  { vmm, vcpus, features }: SnpLaunch,
): Generator<LaunchPage> {
  yield* vmsaPages(vcpuPages(firmware, vmm, vcpus, features));
}

/**
 * The launch digest after the firmware's own pages.
 *
 * @throws FormatError where the firmware is damaged
 */
export function snpFirmwareDigest(firmware: ByteSource): SnpDigest {
  return finish(imagePages(readLaunchFirmware(firmware), 'firmware'));
}

/** What an SNP guest with an SVSM is launched from. */
export type SvsmLaunch = {
  readonly firmware: ByteSource;
  readonly svsm: ByteSource;
  /** Bytes of the variable store, that lies between the SVSM and the firmware. */
  readonly varsSize: number;
  readonly vcpus: Vcpus;
};

/**
 * The launch digest of an SNP guest that starts in an SVSM (coconut-svsm's QEMU, before IGVM): the
 * firmware's pages, those of the SVSM below the variable store, what the SVSM's metadata asks for,
 * and vCPUs that all start in the SVSM.
 *
 * @throws FormatError where the SVSM lacks what the launch needs, or an image is damaged
 */
export function svsmDigest(launch: SvsmLaunch): SnpDigest {
  const firmware = readLaunchFirmware(launch.firmware);
  const svsm = readLaunchFirmware(launch.svsm, firmware.gpa - launch.varsSize);
  const { count, signature } = launch.vcpus;
  const vmsa = makeSvsmVmsa({ eip: svsmEntry(svsm), signature });
  const vcpus = Array.from({ length: count }, (_, vcpu) => ({ vcpu, vmsa }));
  return finish(
    concat(
      imagePages(firmware, 'firmware'),
      imagePages(svsm, 'SVSM'),
      sectionPages(svsm, { vmm: 'qemu' }),
      vmsaPages(vcpus),
    ),
  );
}

function finish(...[pages, seed]: Parameters<typeof measurePages>): SnpDigest {
  const measured = measurePages(pages, seed);
  return { digest: measured.at(-1)?.launchDigest ?? seed ?? NOTHING_MEASURED, pages: measured };
}

function* concat<Item>(...parts: readonly Iterable<Item>[]): Generator<Item> {
  for (const part of parts) yield* part;
}
