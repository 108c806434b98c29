import { fromHex, toHex } from '../bytes/hex.ts';
import type { ByteSource } from '../bytes/source.ts';
import { UsageError } from '../host/errors.ts';
import {
  checkDataCovered,
  countDataBlocks,
  type HashDevice,
  openHashDevice,
} from '../verity/hash-device.ts';
import {
  BLOCK_SIZES,
  isVerityAlgorithm,
  isVerityBlockSize,
  MAX_SALT_BYTES,
  VERITY_ALGORITHMS,
  type VerityAlgorithm,
  type VerityParameters,
} from '../verity/parameters.ts';

/** What a user says about a tree; what is left out is in the superblock, or usual. */
export type VerityFlags = {
  readonly dataBlockSize?: number;
  readonly hashBlockSize?: number;
  readonly salt?: Uint8Array;
  readonly algorithm?: VerityAlgorithm;
  readonly format?: 0 | 1;
  /** Whether the hash device begins with a superblock. */
  readonly superblock: boolean;
};

/** Usual block size in bytes, as of veritysetup. */
const USUAL_BLOCK_BYTES = 4096;

/**
 * What a tree over a file of data is made with, where no superblock says so.
 *
 * @throws FormatError where the data are not whole blocks
 */
export function parametersFor(data: ByteSource, flags: VerityFlags): VerityParameters {
  const { dataBlockSize = USUAL_BLOCK_BYTES, hashBlockSize = USUAL_BLOCK_BYTES } = flags;
  return {
    format: flags.format ?? 1,
    algorithm: flags.algorithm ?? 'sha256',
    dataBlockBytes: dataBlockSize,
    hashBlockBytes: hashBlockSize,
    dataBlocks: countDataBlocks(data, dataBlockSize),
    salt: flags.salt ?? new Uint8Array(0),
  };
}

/**
 * Looks into the hash file that belongs to a file of data.
 *
 * @throws FormatError where it has no sound superblock though it should, or one of the files is too short
 * @throws UsageError where the user says something else than the superblock
 */
export function openHashFile(hash: ByteSource, data: ByteSource, flags: VerityFlags): HashDevice {
  if (!flags.superblock) return openHashDevice(hash, parametersFor(data, flags));
  const device = openHashDevice(hash);
  checkFlags(device, flags);
  countDataBlocks(data, device.parameters.dataBlockBytes);
  checkDataCovered(data, device.parameters);
  return device;
}

function checkFlags({ source, parameters }: HashDevice, flags: VerityFlags): void {
  const pairs = [
    ['--data-block-size', flags.dataBlockSize, parameters.dataBlockBytes],
    ['--hash-block-size', flags.hashBlockSize, parameters.hashBlockBytes],
    ['--algorithm', flags.algorithm, parameters.algorithm],
    ['--format', flags.format, parameters.format],
    ['--salt', flags.salt && saltText(flags.salt), saltText(parameters.salt)],
  ] as const;
  for (const [flag, said, stored] of pairs) {
    if (said === undefined || said === stored) continue;
    throw new UsageError(`${flag} ${said}: the superblock of ${source.name} says ${stored}`);
  }
}

function saltText(salt: Uint8Array): string {
  return salt.length === 0 ? '-' : toHex(salt);
}

/** @throws UsageError where a text is no size that blocks may have */
export function parseBlockSize(text: string): number {
  const bytes = parseWholeNumber(text);
  if (bytes !== undefined && isVerityBlockSize(bytes)) return bytes;
  throw new UsageError(`block size ${text}: expected ${BLOCK_SIZES}`);
}

/** @throws UsageError where a text is neither hexadecimal digits of a salt nor `-` */
export function parseSalt(text: string): Uint8Array {
  const salt = text === '-' ? new Uint8Array(0) : fromHex(text);
  if (salt !== undefined && salt.length <= MAX_SALT_BYTES) return salt;
  const found = salt === undefined ? `"${text}"` : `${salt.length} bytes`;
  throw new UsageError(
    `--salt: expected - or hexadecimal digits of at most ${MAX_SALT_BYTES} bytes, found ${found}`,
  );
}

/** @throws UsageError where a text names no hash algorithm of dm-verity */
export function parseAlgorithm(text: string): VerityAlgorithm {
  if (isVerityAlgorithm(text)) return text;
  const known = Object.keys(VERITY_ALGORITHMS).join(', ');
  throw new UsageError(`no hash algorithm "${text}"; there are: ${known}`);
}

/** @throws UsageError where a text is neither 0 nor 1 */
export function parseFormat(text: string): 0 | 1 {
  const value = parseWholeNumber(text);
  if (value === 0 || value === 1) return value;
  throw new UsageError(`--format ${text}: expected 0 (Chromium OS) or 1`);
}

/** @throws UsageError where a text is no block number */
export function parseBlockNumber(text: string): number {
  const value = parseWholeNumber(text);
  if (value !== undefined) return value;
  throw new UsageError(`--block ${text}: expected a number, decimal or 0x-hex`);
}

/**
 * A root hash as the user gave it.
 *
 * @throws UsageError where it is no digest of the algorithm
 */
export function parseRoot(text: string, algorithm: VerityAlgorithm): Uint8Array {
  const root = fromHex(text);
  const digits = VERITY_ALGORITHMS[algorithm] * 2;
  if (root !== undefined && text.length === digits) return root;
  const found = root === undefined ? `"${text}"` : `${text.length}`;
  throw new UsageError(
    `--root: expected ${digits} hexadecimal digits for ${algorithm}, found ${found}`,
  );
}

function parseWholeNumber(text: string): number | undefined {
  const value = /^(?:0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : undefined;
  return Number.isSafeInteger(value) ? value : undefined;
}
