import { USR_VERITY } from './added-partitions.ts';
import { type BootCases, onData } from './boot-case.ts';
import { COCO_BITS } from './changed-file.ts';

/** The top of a tree lies behind the superblock, in the second block of the usual size. */
const USUAL_BLOCK = 4096;

/** Images that are made of the parts of the reference image in other ways. */
export const OTHER_IMAGE_CASES: BootCases = {
  'signed-uki': {
    requirement: 'CVM-DV-009',
    what: 'nothing changed, with Secure Boot on',
    change: () => undefined,
    disk: (disks, words) => disks.withWords(words),
    isFromPowerOn: true,
    secureBoot: true,
    until: 'initrd',
  },
  'unsigned-uki': {
    requirement: 'CVM-DV-009',
    what: 'CoCo made DoCo, tree, root hash and UKI made anew for it, and signed by nobody',
    change: () => undefined,
    disk: (disks, words) => disks.recomputed(words),
    isFromPowerOn: true,
    secureBoot: true,
    forecast: { end: 'refused', by: 'firmware Secure Boot' },
    twin: 'signed-uki',
  },
  'without-verity': {
    requirement: 'CVM-DV-011',
    what: 'no root hash, and CoCo made DoCo',
    change: onData(({ coco }) => coco, COCO_BITS),
    disk: (disks, words) => disks.withoutVerity(words),
    forecast: { end: 'booted' },
    withoutVerity: true,
  },
  'initrd-root-hash': {
    requirement: 'CVM-DV-012',
    what: 'the root hash in the initrd',
    change: () => undefined,
    disk: (disks, words) => disks.rootHashInInitrd(words),
  },
  'initrd-root-hash-data': {
    requirement: 'CVM-DV-012',
    what: 'the root hash in the initrd, CoCo made DoCo and the tree made anew for it',
    change: (disk, { coco }) => {
      disk.changeConsistently(coco, COCO_BITS);
    },
    disk: (disks, words) => disks.rootHashInInitrd(words),
    twin: 'initrd-root-hash',
  },
  'usr-under-verity': {
    requirement: 'CVM-DV-012',
    what: 'a root hash for /usr too',
    change: () => undefined,
    disk: (disks, words) => disks.withUsr(words),
    seenBy:
      "grep -q '^/dev/[^ ]* /usr erofs ' /proc/mounts && grep -qx usr /sys/class/block/dm-*/dm/name",
  },
  'usr-tree-top': {
    requirement: 'CVM-DV-012',
    what: 'a root hash for /usr too, and a bit of the top of its tree',
    change: async (disk) => disk.flip((await disk.placeOf(USR_VERITY)) + USUAL_BLOCK),
    disk: (disks, words) => disks.withUsr(words),
    forecast: { end: 'refused', by: 'dm-verity', corrupt: { kind: 'metadata', block: 1 } },
    twin: 'usr-under-verity',
  },
  'signed-root-hash': {
    requirement: 'CVM-DV-017',
    what: 'a signature of the root hash, by a key that db has',
    change: () => undefined,
    disk: (disks, words) => disks.withSignature('db', words),
    secureBoot: true,
    seenBy: "dmsetup table root | grep -q ' root_hash_sig_key_desc '",
  },
  'foreign-root-hash': {
    requirement: 'CVM-DV-017',
    what: 'a signature of the root hash, by a key that db has not',
    change: () => undefined,
    disk: (disks, words) => disks.withSignature('kek', words),
    secureBoot: true,
    forecast: { end: 'refused', by: 'dm-verity' },
    twin: 'signed-root-hash',
  },
};
