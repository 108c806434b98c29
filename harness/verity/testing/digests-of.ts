import { BlockHasher, digestBlocks } from '../../bytes/block-hasher.ts';
import { bytesSource } from '../../bytes/source.ts';
import { type HashDevice, openHashDevice } from '../hash-device.ts';
import { hashingOf, type VerityParameters } from '../parameters.ts';
import { hasSuperblock } from './arbitrary-tree.ts';
import type { MadeTree } from './make-tree.ts';

/** Digests of all data blocks. */
export function digestsOf(parameters: VerityParameters, data: Buffer): Iterable<Uint8Array> {
  const { dataBlockBytes, dataBlocks } = parameters;
  const read = (first: number, places: readonly Uint8Array[]) => {
    for (const [place, bytes] of places.entries()) {
      bytes.set(data.subarray((first + place) * dataBlockBytes).subarray(0, dataBlockBytes));
    }
  };
  return digestBlocks(new BlockHasher(hashingOf(parameters, dataBlockBytes)), read, 0, dataBlocks);
}

/** The hash device of a made tree, or of a changed copy of it. */
export function deviceOf(tree: MadeTree, hash = tree.hash): HashDevice {
  return openHashDevice(
    bytesSource('hash', hash),
    hasSuperblock(tree) ? undefined : tree.parameters,
  );
}
