import { gzipSync } from 'node:zlib';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readCpio } from '../../../harness/formats/cpio.ts';
import { findNode, findNodeOrLink, type TreeNode } from '../../../harness/formats/file-tree.ts';
import { initrdTree } from '../../../harness/formats/initrd-tree.ts';
import { rootImage } from '../../../harness/formats/testing/root-images.ts';
import { openVolumeTree } from '../../../harness/formats/volume-tree.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii } from '../words.ts';

/** The images' content stands in their first bytes. */
const IMAGE_BYTES = 128 << 10;

/** How much of a tree is looked at, and of each file. */
const MOST_NODES = 30;
const READ_BYTES = 0x10000;

const PATHS = ['/etc/machine-id', '/etc/os-release', '/big', '/usr/lib/../lib/os-release'];

/** Readers of root file systems and initrds. */
export const TREE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'volume-tree',
    covers: [
      'openVolumeTree',
      'readErofs',
      'readErofsInode',
      'erofsFlatRuns',
      'readExt4',
      'findNode',
      'findNodeOrLink',
    ],
    made: () => (['erofs', 'ext4'] as const).map(rootBytes),
    maxBytes: IMAGE_BYTES,
    read: (bytes) => {
      const volume = openVolumeTree(bytesSource('volume', bytes));
      return volume && [volume.type, volume.label, walk(volume.root)];
    },
  },
  {
    name: 'cpio',
    covers: ['readCpio'],
    made: () => [archive()],
    words: ascii('070701', '070702', 'TRAILER!!!\0'),
    read: (bytes) => readCpio('archive', bytes),
  },
  {
    name: 'initrd',
    covers: ['initrdTree'],
    made: () => [archive(), Buffer.concat([archive(), gzipSync(archive())])],
    words: ascii('070701', 'TRAILER!!!\0', '\x1f\x8b', '\x28\xb5\x2f\xfd'),
    read: (bytes) => walk(initrdTree(bytesSource('initrd', bytes))),
  },
];

/** Looks at the first nodes of a tree: folders may hold each other. */
function walk(root: TreeNode): readonly unknown[] {
  const waiting = [
    root,
    ...PATHS.flatMap((path) => [findNode(root, path), findNodeOrLink(root, path)]),
  ];
  const seen: unknown[] = [];
  for (let node = waiting.shift(); seen.length < MOST_NODES; node = waiting.shift()) {
    seen.push(look(node));
    if (node?.kind === 'folder') {
      const names = node.names().slice(0, MOST_NODES);
      for (const name of names) waiting.push(node.child(name));
    }
  }
  return seen;
}

function look(node: TreeNode | undefined): unknown {
  if (node?.kind !== 'file') return node?.kind;
  const { content } = node;
  return 'unread' in content ? content.unread : content.read(0, Math.min(content.size, READ_BYTES));
}

function rootBytes(type: 'erofs' | 'ext4'): Uint8Array {
  const image = rootImage(type);
  return image.read(0, image.size);
}

/** An archive of a folder, a file, a link and the trailer (Linux, buffer-format.rst). */
function archive(): Uint8Array {
  return Buffer.concat([
    member('etc', 0o040755, ''),
    member('etc/os-release', 0o100644, 'ID=test\n'),
    member('etc/initrd-release', 0o120777, 'os-release'),
    member('TRAILER!!!', 0, ''),
  ]);
}

function member(name: string, mode: number, data: string): Uint8Array {
  const fields = [1, mode, 0, 0, 1, 0, data.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return Buffer.concat([padded(`${header}${name}\0`), padded(data)]);
}

function padded(text: string): Uint8Array {
  return Buffer.from(text.padEnd(Math.ceil(text.length / 4) * 4, '\0'), 'latin1');
}
