import { BlockHasher } from '../bytes/block-hasher.ts';
import { toHex } from '../bytes/hex.ts';
import type { HashDevice } from './hash-device.ts';
import { hashingOf } from './parameters.ts';

/**
 * The root hash that a stored tree leads to: the digest of its top block. Nothing below is looked at.
 *
 * @returns lower-case hex; `undefined` where the tree has no level, as of a single data block
 */
export function storedRoot({ source, parameters, geometry }: HashDevice): string | undefined {
  const top = geometry.levels.at(-1);
  if (top === undefined) return undefined;
  const { hashBlockBytes } = parameters;
  const hasher = new BlockHasher(hashingOf(parameters, hashBlockBytes), 1);
  hasher.blocks[0]?.set(source.read(top.firstBlock * hashBlockBytes, hashBlockBytes));
  return toHex(hasher.digests(1));
}
