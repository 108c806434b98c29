import type { ByteSource } from '../bytes/source.ts';
import type { HashDevice } from '../verity/hash-device.ts';
import { SUPERBLOCK_BYTES } from '../verity/superblock.ts';
import { type Protection, type Region, UNPROTECTED } from './region.ts';
import { tile } from './tile.ts';

const ON_READ: Protection = { detectedBy: ['dm-verity'] };

/** Where the superblock has its salt, and how many bytes its hash algorithm takes. */
const ALGORITHM = { start: 32, end: 64 };
const SALT_OFFSET = 88;

/** Fields of a superblock (cryptsetup, lib/verity/verity.c, struct verity_sb). */
const FIELDS: readonly (Protection & { start: number; end: number; what: string })[] = [
  { start: 0, end: 12, what: 'signature and version', detectedBy: ['Linux refuses'] },
  { start: 12, end: 16, what: 'hash type', ...ON_READ },
  { start: 16, end: 32, what: 'UUID', ...UNPROTECTED },
  { start: 64, end: 72, what: 'block sizes', ...ON_READ },
  {
    start: 72,
    end: 80,
    what: 'number of data blocks',
    ...ON_READ,
    partly:
      'a number that gives the same tree makes the device longer or shorter: no other byte is ever read',
  },
  { start: 80, end: 82, what: 'salt size', ...ON_READ },
  { start: 82, end: 88, what: 'padding', ...UNPROTECTED },
];

/**
 * The partition with the data of a dm-verity device.
 *
 * @param name what the data are, e.g. `root`
 * @returns regions of the partition, in order and without gaps
 */
export function verityDataRegions(
  { parameters }: HashDevice,
  size: number,
  name: string,
): readonly Region[] {
  const end = parameters.dataBlocks * parameters.dataBlockBytes;
  const data = { start: 0, end, what: `${name} data under dm-verity`, ...ON_READ };
  return tile({ start: 0, end: size }, [data], {
    what: `behind the ${name} data`,
    ...UNPROTECTED,
  });
}

/**
 * The partition with the hash tree of a dm-verity device.
 *
 * @param name what the data are, e.g. `root`
 * @returns regions of the partition, in order and without gaps
 */
export function verityTreeRegions(
  { parameters, geometry }: HashDevice,
  { size, algorithm }: { readonly size: number; readonly algorithm: Uint8Array },
  name: string,
): readonly Region[] {
  const { hashBlockBytes } = parameters;
  const levels = geometry.levels.map(({ firstBlock, blocks }, level) => ({
    start: firstBlock * hashBlockBytes,
    end: (firstBlock + blocks) * hashBlockBytes,
    what: `${name} hash tree level ${level}`,
    ...ON_READ,
  }));
  const head = Math.ceil(SUPERBLOCK_BYTES / hashBlockBytes) * hashBlockBytes;
  const padding = { start: SUPERBLOCK_BYTES, end: head };
  return tile(
    { start: 0, end: size },
    [
      ...superblockRegions(parameters.salt.length, algorithm, name),
      { ...padding, what: `padding behind the ${name} verity superblock`, ...UNPROTECTED },
      ...levels,
    ],
    { what: `behind the ${name} hash tree`, ...UNPROTECTED },
  );
}

/** The text of an algorithm ends with a NUL; of the salt's field only as many bytes are taken as there are. */
function superblockRegions(
  saltBytes: number,
  algorithm: Uint8Array,
  name: string,
): readonly Region[] {
  const nul = algorithm.indexOf(0);
  const textEnd = nul < 0 ? ALGORITHM.end : ALGORITHM.start + nul + 1;
  const fields = [
    ...FIELDS,
    { start: ALGORITHM.start, end: textEnd, what: 'hash algorithm', ...ON_READ },
    { start: SALT_OFFSET, end: SALT_OFFSET + saltBytes, what: 'salt', ...ON_READ },
  ].map((field) => ({ ...field, what: `${name} verity superblock: ${field.what}` }));
  return tile({ start: 0, end: SUPERBLOCK_BYTES }, fields, {
    what: `${name} verity superblock: unused bytes`,
    ...UNPROTECTED,
  });
}

/** The field of a superblock that names the hash algorithm. */
export function algorithmField(tree: ByteSource): Uint8Array {
  return tree.read(ALGORITHM.start, ALGORITHM.end - ALGORITHM.start);
}
