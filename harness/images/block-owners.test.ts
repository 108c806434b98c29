import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { erofsOwners } from './erofs-owner.ts';
import { ext4Owners } from './ext4-owner.ts';
import type { FileSystemImage } from './file-system-image.ts';

/** An image about which the tools are not asked but known to answer, by tool and last argument but one. */
function imageOf(volume: Buffer, answers: Readonly<Record<string, string>>): FileSystemImage {
  return {
    volume: bytesSource('root.img', volume),
    path: '/images/root.img',
    offset: 4096,
    ask: (tool, toolArguments) => {
      const answer = answers[`${tool} ${toolArguments.at(-2)}`];
      return answer === undefined
        ? Promise.reject(new TypeError(`${tool} ${toolArguments.join(' ')}`))
        : Promise.resolve(answer);
    },
  };
}

describe('owners of bytes of an erofs', () => {
  /** Two inodes that are stored as they are: a root directory, and a file with its bytes beside it. */
  const volume = Buffer.alloc(8192);
  volume.writeUInt32LE(0xe0f5e1e2, 1024);
  volume.writeUInt8(12, 1024 + 12);
  volume.writeUInt32LE(0, 1024 + 40);
  for (const [nid, size] of [
    [36, 40],
    [41, 5],
  ] as const) {
    volume.writeUInt16LE((2 << 1) | 1, nid * 32);
    volume.writeBigUInt64LE(BigInt(size), nid * 32 + 8);
  }
  // As dump.erofs 1.8.6 writes them.
  const answers = {
    'dump.erofs --nid=36': 'Path : /\nSize: 40  On-disk size: 40  directory\n',
    'dump.erofs --nid=41': 'Path : /coco\nSize: 5  On-disk size: 5  regular file\n',
    'dump.erofs --nid=50': 'Path : /big\nSize: 9000  On-disk size: 4096  regular file\n',
  };
  const owners = (start: number, end: number, walk: string) =>
    erofsOwners(imageOf(volume, { ...answers, [`sh ${start}`]: walk }), { start, end });

  it('are the files that have bytes there, directories last', async () => {
    const walk = 'flat 36\nflat 41\n';
    expect(await owners(1024, 1536, walk)).toEqual(['/coco', '/']);
    expect(await owners(1376, 1377, walk)).toEqual(['/coco']);
    expect(await owners(1381, 1400, walk)).toEqual([]);
  });

  it('are those whose compressed bytes fsck.erofs found there', async () => {
    expect(await owners(4096, 8192, 'flat 36\nowner 50\nflat 41\n')).toEqual(['/big']);
  });

  it('are not known of another file system', async () => {
    const image = imageOf(Buffer.alloc(8192), {});
    expect(await erofsOwners(image, { start: 0, end: 512 })).toBeUndefined();
    expect(await ext4Owners(image, { start: 0, end: 512 })).toBeUndefined();
  });
});

describe('owners of bytes of an ext4', () => {
  const volume = Buffer.alloc(8192);
  volume.writeUInt16LE(0xef53, 1024 + 56);
  volume.writeUInt32LE(0, 1024 + 24);

  // As debugfs 1.47.2 writes them.
  it('are the files that have its blocks', async () => {
    const image = imageOf(volume, {
      'debugfs icheck 1362 1363 1364':
        'Block\tInode number\n1362\t13\n1363\t12\n1364\t<block not found>\n',
      'debugfs ncheck 13 12': 'Inode\tPathname\n13\t//coco\n12\t/d\n',
    });
    const range = { start: 1362 * 1024 + 512, end: 1364 * 1024 + 1 };
    const asked = {
      ...image,
      ask: (tool: string, [, request = '', target]: readonly (string | number)[]) => {
        expect(target).toBe('/images/root.img?offset=4096');
        return image.ask(tool, [request, '']);
      },
    };
    expect(await ext4Owners(asked, range)).toEqual(['/coco', '/d']);
  });

  it('are none where no file has the block', async () => {
    const image = imageOf(volume, {
      'debugfs icheck 8': 'Block\tInode number\n8\t<block not found>\n',
    });
    expect(await ext4Owners(image, { start: 8192, end: 8704 })).toEqual([]);
  });
});
