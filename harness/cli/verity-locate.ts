import { existsSync } from 'node:fs';
import { FormatError, printable } from '../bytes/format-error.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { findVerityPartitions } from '../coverage/verity-disk.ts';
import type { GptPartition } from '../formats/gpt-partition.ts';
import { EnvironmentError, InfraError, StageTimeout, UsageError } from '../host/errors.ts';
import { Reaper } from '../host/reaper.ts';
import { erofsOwners } from '../images/erofs-owner.ts';
import { ext4Owners } from '../images/ext4-owner.ts';
import {
  type ByteRange,
  openFileSystem,
  type StoredFileSystem,
} from '../images/file-system-image.ts';
import { checkDataCovered, type HashDevice } from '../verity/hash-device.ts';
import { type BlockLocation, type CoveringBlock, locateBlock } from '../verity/locate-block.ts';
import { openHashFile, type VerityFlags } from './verity-parameters.ts';
import { WORKSPACE } from './workspace.ts';

/** Where it lies on the disk, in bytes; absent where data and tree are files of their own. */
type OnDisk = { readonly diskOffset?: number };

/** What `cvm verity locate --json` prints. */
export type VerityLocateReport = {
  readonly block: number;
  readonly data: Omit<BlockLocation['data'], 'block'> & OnDisk;
  /** The block that holds the digest of the data block first, the top block last. */
  readonly hash: readonly (CoveringBlock & OnDisk)[];
  /** Absent where data and tree are files of their own. */
  readonly partitions?: {
    readonly data: { readonly number: number; readonly guid: string };
    readonly hash: { readonly number: number; readonly guid: string };
    readonly uuidsMatch: boolean;
  };
  /** A file with bytes in the block; `null` where there is none, or none is known. */
  readonly file: string | null;
  /** All such files, at most 16; `null` where it is not known. */
  readonly files: readonly string[] | null;
};

/** Data and their tree, wherever they lie. */
export type VerityTarget = {
  readonly device: HashDevice;
  readonly fileSystem: StoredFileSystem;
  readonly partitions?: {
    readonly data: GptPartition;
    readonly hash: GptPartition;
    uuidsMatch: boolean;
  };
};

/**
 * The target of two files: `cvm verity locate DATA HASH`.
 *
 * @throws FormatError where it has no sound superblock though it should, or one of the files is too short
 * @throws UsageError where the user says something else than the superblock
 */
export function locateInFiles(
  data: ByteSource,
  hash: ByteSource,
  flags: VerityFlags,
): VerityTarget {
  const device = openHashFile(hash, data, flags);
  return { device, fileSystem: { source: data, offset: 0, size: data.size } };
}

/**
 * The target of a disk: `cvm verity locate --disk IMG`.
 *
 * @throws FormatError where there is no sound partition table, no such pair of partitions, or no sound tree
 */
export function locateOnDisk(disk: ByteSource): VerityTarget {
  const { device, ...partitions } = findVerityPartitions(disk);
  const { offset, size, number } = partitions.data;
  checkDataCovered(sliceSource(disk, offset, size, `partition ${number}`), device.parameters);
  return { device, partitions, fileSystem: { source: disk, offset, size } };
}

/**
 * The action behind `cvm verity locate`. Which file owns the block is asked of erofs-utils and e2fsprogs
 * in the toolbox; without the toolbox, and of other file systems, it is not known.
 *
 * @param block number of the data block
 * @throws UsageError where there is no such block
 */
export async function verityLocateReport(
  target: VerityTarget,
  block: number,
): Promise<VerityLocateReport> {
  const { device, partitions, fileSystem } = target;
  const { dataBlocks } = device.parameters;
  if (block >= dataBlocks)
    throw new UsageError(`--block ${block}: there are ${dataBlocks} data blocks`);
  const { data, hash } = locateBlock(device, block);
  const { offset, size } = data;
  const files = await ownersOf(fileSystem, { start: offset, end: offset + size });
  return {
    block,
    data: { offset, size, ...onDisk(partitions?.data, offset) },
    hash: hash.map((one) => ({ ...one, ...onDisk(partitions?.hash, one.offset) })),
    ...(partitions && {
      partitions: {
        data: nameOf(partitions.data),
        hash: nameOf(partitions.hash),
        uuidsMatch: partitions.uuidsMatch,
      },
    }),
    file: files?.[0] ?? null,
    files: files ?? null,
  };
}

function onDisk(partition: GptPartition | undefined, offset: number): OnDisk {
  return partition === undefined ? {} : { diskOffset: partition.offset + offset };
}

function nameOf({ number, guid }: GptPartition): { number: number; guid: string } {
  return { number, guid };
}

/** Where a block lies is known even where nobody can say whose it is: of a broken file system, say. */
async function ownersOf(
  fileSystem: StoredFileSystem,
  range: ByteRange,
): Promise<readonly string[] | undefined> {
  if (!existsSync(WORKSPACE.toolbox) || fileSystem.source.name === '-') return undefined;
  await using reaper = Reaper.start();
  const tools = { kind: 'toolbox', root: WORKSPACE.toolbox } as const;
  try {
    const image = openFileSystem(fileSystem, tools, reaper);
    return (await erofsOwners(image, range)) ?? (await ext4Owners(image, range));
  } catch (error) {
    if (EXPECTED.some((kind) => error instanceof kind)) return undefined;
    throw error;
  }
}

const EXPECTED = [FormatError, UsageError, EnvironmentError, InfraError, StageTimeout];

/** The report for people. */
export function renderVerityLocate(report: VerityLocateReport): string {
  const { block, data, hash, files } = report;
  return [
    `data block ${block}: ${data.size} bytes at ${place(data)}`,
    ...hash.map(
      ({ level, block: number, digest, ...one }) =>
        `  level ${level}: hash block ${number} at ${place(one)}, digest ${digest.slot}`,
    ),
    files === null ? 'owner not known' : `owned by ${files.join(', ') || 'no file'}`,
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function place({ offset, diskOffset }: { readonly offset: number } & OnDisk): string {
  const onDiskText = diskOffset === undefined ? '' : ` (on disk 0x${diskOffset.toString(16)})`;
  return `0x${offset.toString(16)}${onDiskText}`;
}
