import type { BlockHashing } from '../bytes/block-hasher.ts';

/** Digest sizes in bytes of the hash algorithms that dm-verity is used with, by their kernel names. */
export const VERITY_ALGORITHMS = { sha1: 20, sha256: 32, sha384: 48, sha512: 64 } as const;

/** A hash algorithm as the kernel and the superblock name it. */
export type VerityAlgorithm = keyof typeof VERITY_ALGORITHMS;

/**
 * What a hash tree is made with.
 *
 * @see Linux, Documentation/admin-guide/device-mapper/verity.rst
 */
export type VerityParameters = {
  /** Hash type: 0 is the original Chromium OS format with the salt behind the block, 1 the usual one. */
  readonly format: 0 | 1;
  readonly algorithm: VerityAlgorithm;
  /** Sizes of blocks in bytes. */
  readonly dataBlockBytes: number;
  readonly hashBlockBytes: number;
  /** Number of data blocks that the tree covers, at least 1. */
  readonly dataBlocks: number;
  readonly salt: Uint8Array;
};

/** The longest salt that a superblock holds, in bytes. */
export const MAX_SALT_BYTES = 256;

const MIN_BLOCK_BYTES = 512;
const MAX_BLOCK_BYTES = 512 << 10;

/** What {@link isVerityBlockSize} accepts, in words. */
export const BLOCK_SIZES = `a power of two from ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`;

/** Whether blocks may have a size, in bytes (cryptsetup, lib/verity/verity.h). */
export function isVerityBlockSize(bytes: number): boolean {
  return bytes >= MIN_BLOCK_BYTES && bytes <= MAX_BLOCK_BYTES && Number.isInteger(Math.log2(bytes));
}

/** Whether a text names an algorithm of {@link VERITY_ALGORITHMS}. */
export function isVerityAlgorithm(name: string): name is VerityAlgorithm {
  return Object.hasOwn(VERITY_ALGORITHMS, name);
}

/** How blocks of a size are hashed: format 1 has the salt before the block, format 0 behind it. */
export function hashingOf(
  { algorithm, salt, format }: Omit<VerityParameters, 'dataBlocks'>,
  blockBytes: number,
): BlockHashing {
  return { algorithm, blockBytes, salt, saltPlace: format === 1 ? 'before' : 'behind' };
}
