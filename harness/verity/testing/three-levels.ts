import { noise } from './arbitrary-tree.ts';
import { makeTree } from './make-tree.ts';

/**
 * A tree of 100 data blocks of 1024 bytes: three levels of 13, 2 and 1 blocks of 8 digests, at blocks 4, 2 and 1
 * of 512 bytes.
 */
export const THREE_LEVELS = makeTree(
  {
    format: 1,
    algorithm: 'sha512',
    dataBlockBytes: 1024,
    hashBlockBytes: 512,
    dataBlocks: 100,
    salt: Buffer.from('salt'),
  },
  noise(1, 100 << 10),
);
