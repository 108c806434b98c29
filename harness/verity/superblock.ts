import { Cursor } from '../bytes/cursor.ts';
import { toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import {
  BLOCK_SIZES,
  isVerityAlgorithm,
  isVerityBlockSize,
  MAX_SALT_BYTES,
  VERITY_ALGORITHMS,
  type VerityParameters,
} from './parameters.ts';
import { uuidText } from './uuid-text.ts';

/** Size of a superblock in bytes. */
export const SUPERBLOCK_BYTES = 512;

const SIGNATURE = new TextEncoder().encode('verity\0\0');
const VERSION = 1;
const ALGORITHM_BYTES = 32;

/** A superblock: how the tree behind it was made. */
export type VeritySuperblock = VerityParameters & {
  /** UUID of the hash device, e.g. `9b2e4f0c-1d3a-4c5b-8e6f-7a8b9c0d1e2f`. */
  readonly uuid: string;
};

/**
 * Reads the superblock at the start of a hash device. Integers are little-endian.
 *
 * @param hash the hash device
 * @throws FormatError where there is none, or it says what no tree can be made with
 * @see cryptsetup, lib/verity/verity.c (struct verity_sb, VERITY_read_sb)
 */
export function readVeritySuperblock(hash: ByteSource): VeritySuperblock {
  const cursor = Cursor.over(hash, 0, SUPERBLOCK_BYTES, 'a verity superblock');
  cursor.expect(SIGNATURE, 'verity signature');
  oneOf(cursor, 'superblock version', [VERSION]);
  const format = oneOf(cursor, 'hash type', [0, 1] as const);
  const uuid = uuidText(toHex(cursor.take(16, 'UUID')));
  const algorithm = readAlgorithm(cursor);
  const dataBlockBytes = readBlockSize(cursor, 'data block size');
  const hashBlockBytes = readBlockSize(cursor, 'hash block size');
  const dataBlocks = readDataBlocks(cursor, dataBlockBytes);
  const salt = readSalt(cursor);
  return { uuid, format, algorithm, dataBlockBytes, hashBlockBytes, dataBlocks, salt };
}

function oneOf<Value extends number>(
  cursor: Cursor,
  what: string,
  allowed: readonly Value[],
): Value {
  const { offset } = cursor;
  const found = cursor.u32(what);
  const value = allowed.find((one) => one === found);
  if (value !== undefined) return value;
  throw cursor.errorAt(offset, `${what} ${allowed.join(' or ')}`, String(found));
}

function readAlgorithm(cursor: Cursor): VerityParameters['algorithm'] {
  const { offset } = cursor;
  const text = Buffer.from(cursor.take(ALGORITHM_BYTES, 'hash algorithm')).toString('latin1');
  const [name = ''] = text.split('\0');
  if (isVerityAlgorithm(name)) return name;
  const known = Object.keys(VERITY_ALGORITHMS).join(', ');
  throw cursor.errorAt(offset, `a hash algorithm of ${known}`, `"${name}"`);
}

function readBlockSize(cursor: Cursor, what: string): number {
  const { offset } = cursor;
  const bytes = cursor.u32(what);
  if (isVerityBlockSize(bytes)) return bytes;
  throw cursor.errorAt(offset, `${what} that is ${BLOCK_SIZES}`, String(bytes));
}

function readDataBlocks(cursor: Cursor, blockBytes: number): number {
  const { offset } = cursor;
  const blocks = cursor.u64('number of data blocks');
  const most = BigInt(Math.floor(Number.MAX_SAFE_INTEGER / blockBytes));
  if (blocks >= 1n && blocks <= most) return Number(blocks);
  throw cursor.errorAt(offset, `1 to ${most} data blocks of ${blockBytes} bytes`, `${blocks}`);
}

function readSalt(cursor: Cursor): Uint8Array {
  const { offset } = cursor;
  const saltBytes = cursor.u16('salt size');
  cursor.take(6, 'padding');
  if (saltBytes <= MAX_SALT_BYTES) return Uint8Array.from(cursor.take(saltBytes, 'salt'));
  throw cursor.errorAt(offset, `a salt of at most ${MAX_SALT_BYTES} bytes`, String(saltBytes));
}
