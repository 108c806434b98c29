import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { VerityParameters } from './parameters.ts';
import { readVeritySuperblock } from './superblock.ts';
import { type TreeGeometry, treeGeometry } from './tree-geometry.ts';

/** A device or file that holds a hash tree. */
export type HashDevice = {
  readonly source: ByteSource;
  readonly parameters: VerityParameters;
  readonly geometry: TreeGeometry;
  /** UUID of the superblock; `null` where there is no superblock. */
  readonly uuid: string | null;
};

/**
 * Looks into a hash device.
 *
 * @param source the whole device, which begins with the superblock or, where there is none, the tree
 * @param given what the tree was made with, where the device has no superblock
 * @throws FormatError where there is no sound superblock, or the device ends before the tree does
 */
export function openHashDevice(source: ByteSource, given?: VerityParameters): HashDevice {
  const { uuid, ...parameters } = given ? { ...given, uuid: null } : readVeritySuperblock(source);
  const geometry = treeGeometry(parameters, given === undefined);
  checkTreeFits(source, parameters, geometry);
  return { source, parameters, geometry, uuid };
}

/** Looks into a hash device like {@link openHashDevice}; `undefined` where it has no sound superblock or tree. */
export function soundHashDevice(source: ByteSource): HashDevice | undefined {
  try {
    return openHashDevice(source);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function checkTreeFits(
  { name: file, size }: ByteSource,
  { hashBlockBytes, dataBlocks }: VerityParameters,
  { endBlock, levels }: TreeGeometry,
): void {
  if (levels.length === 0 || endBlock * hashBlockBytes <= size) return;
  throw new FormatError({
    file,
    offset: size,
    expected: `${endBlock} hash blocks of ${hashBlockBytes} bytes for ${dataBlocks} data blocks`,
    found: `a file that ends at 0x${size.toString(16)}`,
  });
}

/**
 * Number of blocks that a file of data has.
 *
 * @param blockBytes size of a data block in bytes
 * @throws FormatError where the file is empty or ends within a block
 */
export function countDataBlocks({ name: file, size }: ByteSource, blockBytes: number): number {
  const rest = size % blockBytes;
  if (size > 0 && rest === 0) return size / blockBytes;
  throw new FormatError({
    file,
    offset: size - rest,
    expected: `a data block of ${blockBytes} bytes`,
    found: rest === 0 ? 'no data' : `${rest} bytes before the end`,
  });
}

/**
 * Checks that data are as long as a tree says.
 *
 * @throws FormatError where they end before
 */
export function checkDataCovered(
  { name: file, size }: ByteSource,
  { dataBlocks, dataBlockBytes }: VerityParameters,
): void {
  if (dataBlocks * dataBlockBytes <= size) return;
  throw new FormatError({
    file,
    offset: size,
    expected: `${dataBlocks} data blocks of ${dataBlockBytes} bytes, as the superblock says`,
    found: `a file that ends at 0x${size.toString(16)}`,
  });
}
