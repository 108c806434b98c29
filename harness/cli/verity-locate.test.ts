import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { bytesSource } from '../bytes/source.ts';
import { fixHeaderCrc, makeGptDisk } from '../formats/testing/make-gpt.ts';
import { partitionUuids } from '../verity/partition-uuids.ts';
import { noise } from '../verity/testing/arbitrary-tree.ts';
import { makeTree } from '../verity/testing/make-tree.ts';
import {
  locateInFiles,
  locateOnDisk,
  renderVerityLocate,
  verityLocateReport,
} from './verity-locate.ts';

const SECTOR = 512;
const VERITY = '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5';

const tree = makeTree(
  {
    format: 1,
    algorithm: 'sha256',
    dataBlockBytes: 512,
    hashBlockBytes: 512,
    dataBlocks: 40,
    salt: new Uint8Array(0),
  },
  noise(1, 40 * 512),
);

/** A disk with data at sector 40 and the tree at sector 100, and another root partition before them. */
function makeDisk(): Buffer {
  const disk = Buffer.from(
    makeGptDisk({
      partitions: [
        { first: 36, last: 38 },
        { first: 40, last: 79 },
        { first: 100, last: 120, type: VERITY },
      ],
    }),
  );
  disk.set(tree.data, 40 * SECTOR);
  disk.set(tree.hash, 100 * SECTOR);
  const uuids = partitionUuids(tree.root);
  setPartitionUuids(disk, [undefined, uuids.data, uuids.hash]);
  return disk;
}

/** Writes partition UUIDs into the primary table. */
function setPartitionUuids(disk: Buffer, uuids: readonly (string | undefined)[]): void {
  const array = disk.subarray(2 * SECTOR, 2 * SECTOR + 128 * 128);
  for (const [index, uuid] of uuids.entries()) {
    if (uuid !== undefined) array.set(guidBytes(uuid), index * 128 + 16);
  }
  disk.writeUInt32LE(crc32(array), SECTOR + 88);
  fixHeaderCrc(disk, SECTOR);
}

describe('cvm verity locate', () => {
  it('finds a block and what covers it in files', async () => {
    const data = bytesSource('data', tree.data);
    const target = locateInFiles(data, bytesSource('hash', tree.hash), { superblock: true });
    // 16 digests in a block: three blocks of level 0 behind the superblock and the top block.
    expect(await verityLocateReport(target, 33)).toMatchObject({
      block: 33,
      data: { offset: 33 * 512, size: 512 },
      hash: [
        { level: 0, block: 4, offset: 2048, digest: { slot: 1, offset: 2080, size: 32 } },
        { level: 1, block: 1, offset: 512, digest: { slot: 2, offset: 576, size: 32 } },
      ],
      file: null,
    });
  });

  it('finds them on a disk', async () => {
    const target = locateOnDisk(bytesSource('-', makeDisk()));
    const report = await verityLocateReport(target, 33);
    expect(report.partitions).toMatchObject({
      data: { number: 2 },
      hash: { number: 3 },
      uuidsMatch: true,
    });
    expect(report.data.diskOffset).toBe(40 * SECTOR + 33 * 512);
    expect(report.hash.map(({ diskOffset }) => diskOffset)).toEqual([53248, 51712]);
    expect(renderVerityLocate(report)).toContain(
      'hash block 4 at 0x800 (on disk 0xd000), digest 1',
    );
  });

  it('takes the only pair though the UUIDs are of another root hash', () => {
    const partitions = [
      { first: 40, last: 79 },
      { first: 100, last: 120, type: VERITY },
    ];
    const disk = Buffer.from(makeGptDisk({ partitions }));
    disk.set(tree.hash, 100 * SECTOR);
    expect(locateOnDisk(bytesSource('-', disk)).partitions?.uuidsMatch).toBe(false);
  });

  it('refuses blocks that the tree does not cover', async () => {
    const target = locateOnDisk(bytesSource('-', makeDisk()));
    await expect(verityLocateReport(target, 40)).rejects.toThrow(
      '--block 40: there are 40 data blocks',
    );
  });

  it('refuses a disk without such partitions', () => {
    const disk = makeGptDisk({ partitions: [{ first: 40, last: 79 }] });
    expect(() => locateOnDisk(bytesSource('disk.img', disk))).toThrow(
      'disk.img: at 0x0: expected a root or /usr partition and its verity partition',
    );
  });
});
