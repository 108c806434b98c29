import { BlockHasher } from '../bytes/block-hasher.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type HashDevice, openHashDevice } from '../verity/hash-device.ts';
import { locateBlock } from '../verity/locate-block.ts';
import { hashingOf } from '../verity/parameters.ts';
import type { VerityPair } from './verity-partitions.ts';

/**
 * Whether dm-verity, set up from a changed disk, refuses a read that depends on a changed byte.
 *
 * @param disk the changed disk
 * @param pair the partitions, as they are on the unchanged disk
 * @param at where the byte is that was changed, in bytes from the start of the disk
 */
export function isReadRefused(disk: ByteSource, pair: VerityPair, at: number): boolean {
  const block = dependentBlock(pair, at);
  if (block >= pair.device.parameters.dataBlocks) return false;
  try {
    const { offset, size } = pair.hash;
    const device = openHashDevice(sliceSource(disk, offset, size, 'hash tree'));
    const data = sliceSource(disk, pair.data.offset, pair.data.size, 'data');
    return pathRoot(device, data, block) !== pair.root;
  } catch (error) {
    if (error instanceof FormatError || error instanceof RangeError) return true;
    throw error;
  }
}

/**
 * A data block whose read goes by a byte of the disk.
 *
 * @param pair the partitions, one of which the byte is in
 * @param at where the byte is, in bytes from the start of the disk
 * @returns its number; behind the last one where there is none
 */
export function dependentBlock(
  { data, hash, device }: Pick<VerityPair, 'data' | 'hash' | 'device'>,
  at: number,
): number {
  const { dataBlockBytes, hashBlockBytes } = device.parameters;
  const { levels, slots } = device.geometry;
  const inData = at - data.offset;
  if (inData >= 0 && inData < data.size) return Math.floor(inData / dataBlockBytes);
  const block = Math.floor((at - hash.offset) / hashBlockBytes);
  const level = levels.findIndex(
    (one) => block >= one.firstBlock && block < one.firstBlock + one.blocks,
  );
  const index = level < 0 ? 0 : block - (levels[level]?.firstBlock ?? 0);
  return level < 0 ? 0 : index * slots ** (level + 1);
}

/**
 * The root hash that a data block leads to, if each block on the way is held against the digest above it.
 *
 * @returns `undefined` where one of them is not what that digest stands for
 */
function pathRoot(device: HashDevice, data: ByteSource, number: number): string | undefined {
  const { parameters, source } = device;
  const { data: block, hash } = locateBlock(device, number);
  let digest = digestOf(device, data.read(block.offset, block.size), parameters.dataBlockBytes);
  for (const { offset, size, digest: stored } of hash) {
    if (toHex(source.read(stored.offset, stored.size)) !== digest) return undefined;
    digest = digestOf(device, source.read(offset, size), size);
  }
  return digest;
}

function digestOf({ parameters }: HashDevice, bytes: Uint8Array, blockBytes: number): string {
  const hasher = new BlockHasher(hashingOf(parameters, blockBytes), 1);
  hasher.blocks[0]?.set(bytes);
  return toHex(hasher.digests(1));
}
