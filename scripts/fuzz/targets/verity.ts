import { bytesSource } from '../../../harness/bytes/source.ts';
import { openHashDevice } from '../../../harness/verity/hash-device.ts';
import { locateBlock } from '../../../harness/verity/locate-block.ts';
import { storedRoot } from '../../../harness/verity/stored-root.ts';
import { makeTree } from '../../../harness/verity/testing/make-tree.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

/** Readers of dm-verity's hash devices. */
export const VERITY_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'verity',
    covers: ['readVeritySuperblock', 'openHashDevice'],
    made: () => [hashDevice(1, 4096, 3), hashDevice(0, 512, 40)],
    words: ascii('verity\0\0', 'sha256\0', 'sha512\0', 'sha1\0'),
    read: (bytes) => {
      const device = openHashDevice(bytesSource('hashes', bytes));
      const last = device.parameters.dataBlocks - 1;
      return [device.geometry, storedRoot(device), locateBlock(device, last)];
    },
  },
];

function hashDevice(format: 0 | 1, blockBytes: number, dataBlocks: number): Uint8Array {
  const sizes = { dataBlockBytes: blockBytes, hashBlockBytes: blockBytes, dataBlocks };
  const salt = Uint8Array.of(1, 2, 3);
  const parameters = { ...sizes, algorithm: 'sha256', format, salt } as const;
  return makeTree(parameters, Buffer.alloc(blockBytes * dataBlocks)).hash;
}
