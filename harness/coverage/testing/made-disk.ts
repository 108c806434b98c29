import { winCertificate } from '../../formats/efi-program.ts';
import { makeFat } from '../../formats/testing/make-fat.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { partitionUuids } from '../../verity/partition-uuids.ts';
import { noise } from '../../verity/testing/arbitrary-tree.ts';
import { makeTree } from '../../verity/testing/make-tree.ts';

const SECTOR = 512;
const ESP_SECTORS = 256;

/** Partition types of a root file system for x86-64 and of its hash tree. */
const ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';
const ROOT_VERITY = '2c7357ed-ebd2-46d9-aec1-23d437ec2bf5';

/** A kernel that measures its initrd. */
const KERNEL = makePe({ sections: [{ name: '.text', data: 'Linux initrd\0' }] });

/** Where everything of {@link makeVerityDisk} lies, in bytes. */
export type MadeVerityDisk = {
  readonly bytes: Uint8Array;
  readonly esp: number;
  readonly data: number;
  readonly hash: number;
  readonly root: string;
};

/** A disk with a UKI, an addon and credentials beside it, and a root file system under dm-verity. */
export function makeVerityDisk(hasRootHash = true): MadeVerityDisk {
  const parameters = {
    format: 1,
    algorithm: 'sha256',
    dataBlockBytes: 512,
    hashBlockBytes: 512,
    dataBlocks: 40,
    salt: Buffer.from('salt'),
  } as const;
  const tree = makeTree(parameters, noise(1, 40 * 512));
  const uuids = partitionUuids(tree.root);
  const commandLine = hasRootHash ? `quiet roothash=${tree.root}` : 'quiet';
  const volume = makeFat(madeFiles(commandLine), ESP_SECTORS);
  const first = 64;
  const data = first + ESP_SECTORS + 2;
  const hash = data + 41;
  const last = hash + tree.hash.length / SECTOR;
  const disk = makeGptDisk({
    sectors: last + 80,
    partitions: [
      { first, last: first + ESP_SECTORS - 1 },
      { first: data, last: data + 40, type: ROOT, guid: uuids.data },
      { first: hash, last, type: ROOT_VERITY, guid: uuids.hash },
    ],
  });
  disk.set(volume, first * SECTOR);
  disk.set(tree.data, data * SECTOR);
  disk.set(tree.hash, hash * SECTOR);
  return {
    bytes: disk,
    esp: first * SECTOR,
    data: data * SECTOR,
    hash: hash * SECTOR,
    root: tree.root,
  };
}

function madeFiles(commandLine: string) {
  const uki = makePe({
    sections: [
      { name: '.sdmagic', data: '#### LoaderInfo: systemd-stub 258 ####' },
      { name: '.osrel', data: 'ID=test\n' },
      { name: '.cmdline', data: commandLine },
      { name: '.initrd', data: 'initrd' },
      { name: '.linux', data: KERNEL },
    ],
    certificates: [winCertificate(Buffer.alloc(20, 7))],
  });
  return {
    'EFI/BOOT/BOOTX64.EFI': uki,
    'EFI/BOOT/BOOTX64.EFI.extra.d/a.cred': 'secret',
    'EFI/BOOT/BOOTX64.EFI.extra.d/b.addon.efi': makePe({
      sections: [{ name: '.cmdline', data: 'more' }],
    }),
    'EFI/BOOT/other.txt': 'nobody reads this',
    'notes.txt': Buffer.alloc(700, 'n'),
  };
}
