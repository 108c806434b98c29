import { BlockHasher, digestBlocks } from '../bytes/block-hasher.ts';
import type { ByteSource } from '../bytes/source.ts';
import { digestFileBlocks } from '../host/digest-blocks.ts';
import type { DigestThreads } from '../host/digest-threads.ts';
import type { Verification } from '../verity/corruption.ts';
import { buildHashTree } from '../verity/hash-tree.ts';
import { hashingOf, type VerityParameters } from '../verity/parameters.ts';
import { type PartitionUuids, partitionUuids } from '../verity/partition-uuids.ts';
import { type TreeGeometry, treeGeometry } from '../verity/tree-geometry.ts';
import { verifyTree } from '../verity/verify-tree.ts';
import { openHashFile, parametersFor, parseRoot, type VerityFlags } from './verity-parameters.ts';

/** What `cvm verity root --json` prints. */
export type VerityRootReport = {
  readonly root: string;
  /** UUID in the superblock of the hash file; `null` where no superblock was given. */
  readonly uuid: string | null;
  /** Hash blocks of each level; the first level holds the digests of the data. */
  readonly levels: readonly number[];
  readonly dataBlocks: number;
  /** The partition UUIDs that the root hash stands for. */
  readonly partitionUuids: PartitionUuids;
};

/**
 * The action behind `cvm verity root DATA`. The parameters are those of the hash file's superblock
 * where a hash file is given, else those of the flags.
 *
 * @param data the data, opened by the path as the user gave it
 * @param hash the hash file; only its superblock and its size are looked at
 * @param threads threads that hash besides this one, where they have been started
 * @throws FormatError where the data are not whole blocks, or the hash file is none of such data
 * @throws UsageError where a flag contradicts the superblock
 */
export async function verityRootReport(
  data: ByteSource,
  hash: ByteSource | undefined,
  flags: VerityFlags,
  threads?: DigestThreads,
): Promise<VerityRootReport> {
  const { parameters, geometry, uuid } = hash
    ? openHashFile(hash, data, flags)
    : withoutHashFile(parametersFor(data, flags), flags.superblock);
  const root = await buildHashTree(parameters, geometry, dataDigests(data, parameters, threads));
  return {
    root,
    uuid,
    levels: geometry.levels.map(({ blocks }) => blocks),
    dataBlocks: parameters.dataBlocks,
    partitionUuids: partitionUuids(root),
  };
}

function withoutHashFile(
  parameters: VerityParameters,
  hasSuperblock: boolean,
): { parameters: VerityParameters; geometry: TreeGeometry; uuid: null } {
  return { parameters, geometry: treeGeometry(parameters, hasSuperblock), uuid: null };
}

/**
 * The action behind `cvm verity verify DATA HASH`.
 *
 * @param root the root hash as the user gave it
 * @param threads threads that hash besides this one, where they have been started
 * @throws FormatError where one of the files is too short, or there is no superblock though there should be
 * @throws UsageError where the root hash is no digest of the algorithm, or a flag contradicts the superblock
 */
export async function verityVerifyReport(
  data: ByteSource,
  hash: ByteSource,
  root: string,
  flags: VerityFlags,
  threads?: DigestThreads,
): Promise<Verification> {
  const device = openHashFile(hash, data, flags);
  const digest = parseRoot(root, device.parameters.algorithm);
  return await verifyTree(device, digest, dataDigests(data, device.parameters, threads));
}

/** What stands for standard input, which only this thread can read. */
const STDIN = '-';

function dataDigests(
  data: ByteSource,
  parameters: VerityParameters,
  threads: DigestThreads | undefined,
): AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  const { dataBlockBytes, dataBlocks: blocks } = parameters;
  const hashing = hashingOf(parameters, dataBlockBytes);
  if (data.name !== STDIN) {
    return digestFileBlocks({ path: data.name, offset: 0, blocks }, hashing, threads);
  }
  const read = (first: number, places: readonly Uint8Array[]) => {
    for (const [place, bytes] of places.entries()) {
      bytes.set(data.read((first + place) * dataBlockBytes, dataBlockBytes));
    }
  };
  return digestBlocks(new BlockHasher(hashing), read, 0, blocks);
}

/** The report for people. */
export function renderVerityRoot(report: VerityRootReport): string {
  const { root, uuid, levels, dataBlocks, partitionUuids: uuids } = report;
  return [
    `root hash    ${root}`,
    ...(uuid === null ? [] : [`UUID         ${uuid}`]),
    `data blocks  ${dataBlocks}`,
    `hash blocks  ${levels.join(' + ') || 'none'}`,
    `partitions   ${uuids.data} (data), ${uuids.hash} (tree)`,
  ]
    .map((line) => `${line}\n`)
    .join('');
}

/** The report for people: a line for each corrupt block that is listed. */
export function renderVerification({ valid, corrupt, corruptBlocks }: Verification): string {
  if (valid) return 'valid\n';
  const blocks = corrupt.map((one) => {
    const place = `block ${one.block} at 0x${one.offset.toString(16)}`;
    if (one.kind === 'data') return `  data ${place}`;
    const spare = one.why === 'spare' ? ': not zero behind its digests' : '';
    return `  hash ${place}, level ${one.level}${spare}`;
  });
  const more = corruptBlocks - corrupt.length;
  return [
    `not valid: ${corruptBlocks} corrupt ${corruptBlocks === 1 ? 'block' : 'blocks'}`,
    ...blocks,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
