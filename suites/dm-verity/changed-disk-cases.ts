import { locateBlock } from '../../harness/verity/locate-block.ts';
import { type BootCase, type BootCases, onData, TELLING_SOON, UNCHANGED } from './boot-case.ts';
import { COCO_BITS } from './changed-file.ts';
import { UNREAD_FILE } from './known-places.ts';

/** What a changed UUID is changed to. */
const OTHER_UUID = 'c0de0000-0000-4000-8000-00000000d15c';

/** Where a salt begins in a superblock (cryptsetup, lib/verity/verity.c, struct verity_sb). */
const SALT = 88;

/** Flips the lowest bit of the hash block of a level that stands for the superblock of the file system. */
function flipLevel(level: (levels: number) => number): BootCase['change'] {
  return (disk, { superblock }) => {
    const { device, hash } = disk.partitions;
    const block = Math.floor(superblock / device.parameters.dataBlockBytes);
    const covering = locateBlock(device, block).hash;
    disk.flip(hash.offset + (covering[level(covering.length)]?.offset ?? 0));
  };
}

const policy =
  (option: string): NonNullable<BootCase['disk']> =>
  (disks, words) =>
    disks.withWords(`${words} systemd.verity_root_options=${option}`);

/** Another in its last digit. */
function otherRootHash(root: string): string {
  return `${root.slice(0, -1)}${root.endsWith('0') ? '1' : '0'}`;
}

/** Changes of the reference image's disk. */
export const CHANGED_DISK_CASES: BootCases = {
  [UNCHANGED]: {
    requirement: 'CVM-DV-003',
    what: 'nothing changed',
    change: () => undefined,
  },
  'verity-superblock': {
    requirement: 'CVM-DV-003',
    what: 'a bit of the verity superblock’s signature',
    change: (disk) => disk.flip(disk.partitions.hash.offset),
  },
  'verity-salt': {
    requirement: 'CVM-DV-003',
    what: 'a bit of the salt in the verity superblock',
    change: (disk) => disk.flip(disk.partitions.hash.offset + SALT),
  },
  'tree-top': {
    requirement: 'CVM-DV-003',
    what: 'a bit of the top of the tree',
    change: flipLevel((levels) => levels - 1),
  },
  'tree-middle': {
    requirement: 'CVM-DV-003',
    what: 'a bit in the middle of the tree',
    change: flipLevel((levels) => Math.floor(levels / 2)),
  },
  'tree-leaf': {
    requirement: 'CVM-DV-003',
    what: 'a bit of a leaf of the tree',
    change: flipLevel(() => 0),
  },
  'data-of-mount': {
    requirement: 'CVM-DV-003',
    what: 'a bit of the root file system’s superblock',
    change: onData(({ superblock }) => superblock),
  },
  'data-of-init': {
    requirement: 'CVM-DV-003',
    what: 'a bit of /usr/lib/systemd/systemd',
    change: onData(({ init }) => init),
  },
  'data-unread': {
    requirement: 'CVM-DV-004',
    what: `a bit of ${UNREAD_FILE}, which the boot does not read`,
    change: onData(({ unread }) => unread),
    reads: { path: UNREAD_FILE, as: 'Input/output error' },
  },
  'data-and-tree': {
    requirement: 'CVM-DV-005',
    what: 'CoCo made DoCo and the tree made anew for it',
    change: (disk, { coco }) => {
      disk.changeConsistently(coco, COCO_BITS);
    },
  },
  'root-hash': {
    requirement: 'CVM-DV-005',
    what: 'another root hash in the command line, for the same partitions',
    change: () => undefined,
    disk: (disks, words) => disks.withRootHash(otherRootHash, words),
    rootHash: otherRootHash,
  },
  'partitions-exchanged': {
    requirement: 'CVM-DV-006',
    what: 'the UUIDs of data and tree exchanged',
    change: async (disk) => {
      const { data, hash } = disk.partitions;
      await disk.setUuids({ data: hash.guid, hash: data.guid });
    },
  },
  'partition-uuid': {
    requirement: 'CVM-DV-006',
    what: 'another UUID for the partition with the data',
    change: (disk) => disk.setUuids({ data: OTHER_UUID, hash: disk.partitions.hash.guid }),
    disk: (disks) => disks.withWords(TELLING_SOON),
  },
  'second-verity-partition': {
    requirement: 'CVM-DV-006',
    what: 'a second verity partition with the label of the first',
    change: (disk) => disk.addVerityPartition(),
    isFromPowerOn: true, // the firmware would remember a smaller disk
    seenBy: '[ -e /sys/class/block/vda4 ]',
  },
  'io-error': {
    requirement: 'CVM-DV-007',
    what: 'a sector of the root file system’s superblock that cannot be read',
    change: () => undefined,
    unreadable: ({ superblock }) => superblock / 512,
  },
  'panic-on-corruption': {
    requirement: 'CVM-DV-008',
    what: 'a bit of the root file system’s superblock, with panic-on-corruption',
    change: onData(({ superblock }) => superblock),
    disk: policy('panic-on-corruption'),
    machine: 'panic',
  },
  'restart-on-corruption': {
    requirement: 'CVM-DV-008',
    what: 'a bit of the root file system’s superblock, with restart-on-corruption',
    change: onData(({ superblock }) => superblock),
    disk: policy('restart-on-corruption'),
    machine: 'restart',
  },
};
