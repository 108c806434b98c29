import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { readGpt } from '../formats/gpt.ts';
import type { GptPartition } from '../formats/gpt-partition.ts';
import type { Firmware } from '../predict/firmware/firmware.ts';
import { type Boot, readBoot } from './boot-consumption.ts';
import { ConsumptionMap } from './consumption-map.ts';
import { espRegions } from './esp-regions.ts';
import { gptRegions } from './gpt-regions.ts';
import { type Region, UNPROTECTED } from './region.ts';
import { shifted } from './shift-regions.ts';
import { tile } from './tile.ts';
import { TracedSource } from './traced-source.ts';
import { verityPartitions } from './verity-partitions.ts';
import { algorithmField, verityDataRegions, verityTreeRegions } from './verity-regions.ts';

/** Size of the MBR in bytes. */
const MBR_BYTES = 512;

/** What protects every byte of a disk. */
export type DiskMap = {
  /** In order; they cover the disk exactly once. */
  readonly regions: readonly Region[];
  readonly boot: Boot;
};

/**
 * Maps a disk: what each byte is, and what would tell of a change when the disk is booted.
 *
 * @param source the whole disk, a raw image
 * @param firmware the firmware and its variables
 * @throws FormatError where the disk has no sound partition table
 */
export function diskRegions(source: ByteSource, firmware: Firmware): DiskMap {
  const disk = new TracedSource(source);
  const gpt = readGpt(disk);
  const boot = readBoot(disk, firmware);
  const verity = verityTiles(disk, gpt.partitions, boot);
  const partitions = gpt.partitions.flatMap((partition) =>
    partitionTiles(disk, partition, boot, verity),
  );
  const table = gptRegions(gpt, source.read(0, MBR_BYTES), source.size);
  const regions = tile({ start: 0, end: source.size }, [...table, ...partitions], {
    what: 'unallocated space',
    ...UNPROTECTED,
  });
  return { regions, boot };
}

/** By the partition that they cover; regions of the partition. */
type TilesOf = ReadonlyMap<GptPartition, readonly Region[]>;

function partitionTiles(
  disk: ByteSource,
  partition: GptPartition,
  { consumptions, isSecureBoot }: Boot,
  verity: TilesOf,
): readonly Region[] {
  const { offset, size, number, name } = partition;
  const known = verity.get(partition);
  if (known !== undefined) return shifted(known, offset);
  const source = sliceSource(disk, offset, size, `partition ${number}`);
  const consumption = new ConsumptionMap(consumptions);
  const what = `partition ${number}${name && ` (${name})`}`;
  const whole: Region = {
    start: offset,
    end: offset + size,
    what,
    ...UNPROTECTED,
    mayBeUsed: true,
  };
  return espRegions({ source, offset, consumption, isSecureBoot }) ?? [whole];
}

function verityTiles(
  disk: ByteSource,
  partitions: readonly GptPartition[],
  { parameters }: Boot,
): TilesOf {
  const pairs = verityPartitions(disk, partitions, parameters);
  return new Map(
    pairs.flatMap(({ name, data, hash, device }): [GptPartition, readonly Region[]][] => {
      const algorithm = algorithmField(device.source);
      return [
        [data, verityDataRegions(device, data.size, name)],
        [hash, verityTreeRegions(device, { size: hash.size, algorithm }, name)],
      ];
    }),
  );
}
