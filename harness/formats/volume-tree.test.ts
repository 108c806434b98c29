import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { findNode, findNodeOrLink, type TreeNode } from './file-tree.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';
import { ROOT_IMAGE_LABEL, ROOT_IMAGE_UUID, rootImage } from './testing/root-images.ts';
import { openVolumeTree } from './volume-tree.ts';

// sha256sum of what the images were made of.
const MACHINE_ID = 'bf6707e5fc0f8b992ac450469d7b3cf55019ed010851f962d7ac85c07f582900';
const OS_RELEASE = '0c3640f695fe2e0d11f11ab2bc4146ce908ef10cc6b0d2595c3865b54cae9426';
const BIG = 'cc17faaad36649c4603dda4d8ff97cb149722af0bcac0746305a2134ad2d0b97';

function sha256Of(root: TreeNode, path: string) {
  const node = findNode(root, path);
  if (node?.kind !== 'file') return node?.kind;
  const { content } = node;
  if ('unread' in content) return content.unread;
  return createHash('sha256').update(content.read(0, content.size)).digest('hex');
}

describe.each(['erofs', 'ext4'] as const)('%s', (type) => {
  const volume = () => {
    const opened = openVolumeTree(rootImage(type));
    if (opened === undefined) throw new TypeError('not recognised');
    return opened;
  };

  it('is named as libblkid names it', () => {
    const { root: _, ...identity } = volume();
    expect(identity).toEqual({ type, uuid: ROOT_IMAGE_UUID, label: ROOT_IMAGE_LABEL });
  });

  it('holds files, folders and links', () => {
    const { root } = volume();
    expect(sha256Of(root, '/etc/machine-id')).toBe(MACHINE_ID);
    expect(sha256Of(root, '/etc/os-release')).toBe(OS_RELEASE);
    expect(sha256Of(root, '/big')).toBe(type === 'erofs' ? 'it is compressed' : BIG);
    expect(findNodeOrLink(root, '/etc/os-release')).toEqual({
      kind: 'link',
      target: '../usr/lib/os-release',
    });
    expect(findNode(root, '/usr/../../etc/./machine-id')?.kind).toBe('file');
    const folder = findNode(root, '/usr/lib');
    const names = folder?.kind === 'folder' ? folder.names() : [];
    expect(names.filter((name) => name.startsWith('a-file-with-a-long-name-'))).toHaveLength(30);
    expect(findNode(root, '/usr/lib/a-file-with-a-long-name-129')?.kind).toBe('file');
    expect(findNode(root, '/usr/lib/none')).toBeUndefined();
    expect(findNode(root, '/etc/machine-id/x')).toBeUndefined();
  });

  it('that is damaged gives a FormatError, or other files', () => {
    const source = rootImage(type);
    const walk = (bytes: Uint8Array) => {
      const root = openVolumeTree(bytesSource('made', bytes))?.root;
      for (const path of ['/etc/os-release', '/usr/lib/none', '/big']) {
        if (root !== undefined) sha256Of(root, path);
      }
    };
    fc.assert(
      fc.property(mutations(source.read(0, source.size)), (bytes) => {
        resultOrFormatError(() => walk(bytes));
      }),
      { numRuns: 300 },
    );
  });
});

it('another file system is not opened', () => {
  expect(openVolumeTree(bytesSource('zeros', new Uint8Array(4096)))).toBeUndefined();
  expect(openVolumeTree(bytesSource('short', new Uint8Array(10)))).toBeUndefined();
});
