import { FormatError } from '../bytes/format-error.ts';
import { type HashedStream, streamChunks } from '../bytes/hashed-stream.ts';
import type { Run } from '../bytes/run-source.ts';
import { type ByteSource, chunksOf } from '../bytes/source.ts';
import { authenticodeStream } from '../formats/authenticode.ts';
import { openFile } from '../formats/fat.ts';
import { chosenSection, measuredSections } from '../formats/measured-sections.ts';
import type { PeImage } from '../formats/pe.ts';
import { sectionStream } from '../formats/section-memory.ts';
import { sectionSource } from '../formats/section-source.ts';
import {
  type BootChain,
  type ChainLink,
  followBootChain,
  type Payload,
} from '../predict/boot-chain.ts';
import { findBootImage } from '../predict/boot-image.ts';
import type { Firmware } from '../predict/firmware/firmware.ts';
import { secureBootState } from '../predict/firmware/secure-boot-state.ts';
import { readSignatureDatabases } from '../predict/firmware/signature-databases.ts';
import { type KernelParameter, kernelParameters } from '../predict/linux/kernel-parameters.ts';
import { linuxEfiStubEvents } from '../predict/linux/linux-efi-stub.ts';
import { addonEffects } from '../predict/stub/addon-events.ts';
import { stubArchives } from '../predict/stub/stub-archives.ts';
import { stubInitrd } from '../predict/stub/stub-initrd.ts';
import { addonsOf, startedSystem } from '../predict/stub/uki-boot.ts';
import { UnbootableError } from '../predict/unbootable-error.ts';
import { joined } from './joined-runs.ts';
import type { Mechanism } from './region.ts';
import type { TracedSource } from './traced-source.ts';

/** Bytes of the disk that a mechanism takes in, every one of them, in ascending order. */
export type Consumption = { readonly mechanism: Mechanism; readonly runs: readonly Run[] };

/** What a boot from a disk takes in. */
export type Boot = {
  readonly consumptions: readonly Consumption[];
  /** Parameters of the kernel; none where it is not known what it is started with. */
  readonly parameters: readonly KernelParameter[];
  /** Offset on the disk of the partition that is booted from, in bytes; absent where nothing is. */
  readonly partitionOffset: number | undefined;
  readonly isSecureBoot: boolean;
  /** Why the firmware boots nothing, or why it is not known what the boot takes in. */
  readonly problem: string | undefined;
};

type StartedPayload = Extract<Payload, { readonly kind: 'uki' }>;

const LOADER_CONF = '\\loader\\loader.conf';

/** Sections of an addon that end up in PCR 12 one way or another. */
const ADDON_SECTIONS = ['.cmdline', '.dtb', '.initrd', '.ucode'];

/**
 * Follows the forecast of a boot, and notes which bytes of the disk each measurement is made of.
 *
 * @param disk the whole disk
 * @param firmware whose variables have a say in what is started
 * @throws FormatError where the disk has no sound partition table
 */
export function readBoot(disk: TracedSource, { build, store }: Firmware): Boot {
  const isSecureBoot = secureBootState(store, build.hasSecureBoot) === 'on';
  const nothing = { consumptions: [], parameters: [], partitionOffset: undefined, isSecureBoot };
  try {
    const image = findBootImage({ kind: 'disk', path: '', format: 'raw' }, () => disk);
    const databases = isSecureBoot ? readSignatureDatabases(store, build) : undefined;
    const chain = followBootChain({ banks: [] }, { build, store }, image, databases);
    const { payload } = chain;
    return {
      consumptions: [
        ...chain.links.flatMap((link) => linkConsumptions(disk, link, isSecureBoot)),
        ...(payload.kind === 'uki' ? ukiConsumptions(disk, payload, isSecureBoot) : []),
        ...loaderConsumptions(disk, chain),
      ],
      parameters:
        payload.kind === 'uki'
          ? kernelParameters(startedSystem(payload, isSecureBoot).commandLine)
          : [],
      partitionOffset: volumeOffset(disk, image.place?.volume.source),
      isSecureBoot,
      problem: payload.kind === 'unknown' ? payload.reason : undefined,
    };
  } catch (error) {
    if (error instanceof UnbootableError || error instanceof FormatError) {
      return { ...nothing, problem: error.message };
    }
    throw error;
  }
}

/** Where a partition lies, by looking where it is read. */
function volumeOffset(disk: TracedSource, volume: ByteSource | undefined): number | undefined {
  return volume && disk.placesOf(chunksOf(volume, 0, 1, 'partition'))[0]?.offset;
}

function linkConsumptions(
  disk: TracedSource,
  { image, loaded }: ChainLink,
  isSecureBoot: boolean,
): readonly Consumption[] {
  return imageConsumptions(disk, image.source, loaded.pe, isSecureBoot);
}

function imageConsumptions(
  disk: TracedSource,
  source: ByteSource,
  pe: PeImage,
  isSecureBoot: boolean,
): readonly Consumption[] {
  const runs = placesOf(disk, source, authenticodeStream(source, pe));
  return [
    { mechanism: 'PCR 4', runs },
    ...(isSecureBoot ? [{ mechanism: 'Secure Boot signature' as const, runs }] : []),
  ];
}

function placesOf(disk: TracedSource, source: ByteSource, stream: HashedStream): readonly Run[] {
  return disk.placesOf(streamChunks(source, stream));
}

function ukiConsumptions(
  disk: TracedSource,
  payload: StartedPayload,
  isSecureBoot: boolean,
): readonly Consumption[] {
  const { source, uki, choice } = payload;
  const sections = measuredSections(uki, choice).flatMap(({ section }) =>
    placesOf(disk, source, sectionStream(section)),
  );
  return [
    { mechanism: 'PCR 11', runs: joined(sections) },
    ...addonConsumptions(disk, payload, isSecureBoot),
    ...archivesOf(payload).map(({ pcr, bytes }) => ({
      mechanism: `PCR ${pcr}` as const,
      runs: disk.placesOf(bytes()),
    })),
    ...kernelConsumptions(disk, payload, isSecureBoot),
  ];
}

function archivesOf({ uki, image }: StartedPayload) {
  return image.place ? stubArchives(uki.stub, image.place, image.path) : [];
}

function addonConsumptions(
  disk: TracedSource,
  payload: StartedPayload,
  isSecureBoot: boolean,
): readonly Consumption[] {
  return addonsOf(payload).flatMap(({ source, image, section }) => [
    ...imageConsumptions(disk, source, image.pe, isSecureBoot),
    ...ADDON_SECTIONS.flatMap((name) => {
      const part = section(name);
      if (part === undefined) return [];
      const runs = disk.placesOf(chunksOf(part, 0, part.size, name));
      return [{ mechanism: 'PCR 12' as const, runs }];
    }),
  ]);
}

/** What the kernel measures of what it is started with, if it does. */
function kernelConsumptions(
  disk: TracedSource,
  payload: StartedPayload,
  isSecureBoot: boolean,
): readonly Consumption[] {
  const { source, uki, choice } = payload;
  const linux = chosenSection(uki, '.linux', choice);
  if (linux === undefined) return [];
  const effects = addonEffects(uki.stub, addonsOf(payload));
  const initrd = stubInitrd(source, uki, choice, { ...effects, archives: archivesOf(payload) });
  const runs: Run[] = [];
  linuxEfiStubEvents({ banks: [] }, sectionSource(source, linux), {
    commandLine: startedSystem(payload, isSecureBoot).commandLine,
    initrd: initrd && disk.noting(initrd, runs),
  });
  return runs.length === 0 ? [] : [{ mechanism: 'PCR 9', runs: joined(runs) }];
}

/** systemd-boot measures its configuration. */
function loaderConsumptions(disk: TracedSource, { links }: BootChain): readonly Consumption[] {
  const isMeasured = links.some(({ before }) =>
    before.some(({ agent, pcr }) => agent === 'systemd-boot' && pcr === 5),
  );
  const volume = links[0].image.place?.volume;
  const config = isMeasured && volume ? openFile(volume, LOADER_CONF) : undefined;
  if (config === undefined) return [];
  return [
    { mechanism: 'PCR 5', runs: disk.placesOf(chunksOf(config, 0, config.size, LOADER_CONF)) },
  ];
}
