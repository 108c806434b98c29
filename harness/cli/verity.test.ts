import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { FIXTURES_MISSING, openFixtures } from '../formats/testing/fixtures.ts';
import { digestFileBlocks } from '../host/digest-blocks.ts';
import { UsageError } from '../host/errors.ts';
import { openSource } from '../host/file-source.ts';
import { openHashDevice } from '../verity/hash-device.ts';
import { buildHashTree } from '../verity/hash-tree.ts';
import { hashingOf, type VerityAlgorithm } from '../verity/parameters.ts';
import { noise } from '../verity/testing/arbitrary-tree.ts';
import { MADE_UUID, makeSuperblock, makeTree } from '../verity/testing/make-tree.ts';
import { treeGeometry } from '../verity/tree-geometry.ts';
import {
  renderVerification,
  renderVerityRoot,
  verityRootReport,
  verityVerifyReport,
} from './verity.ts';
import {
  parametersFor,
  parseBlockNumber,
  parseBlockSize,
  parseFormat,
  parseSalt,
} from './verity-parameters.ts';

type Vector = {
  readonly id: string;
  readonly data: { readonly seed: string; readonly size: number } | { readonly zeros: number };
  readonly data_block_size: number;
  readonly hash_block_size: number;
  readonly hash: VerityAlgorithm;
  readonly salt: string;
  readonly format: 0 | 1;
  readonly superblock: boolean | string;
  readonly uuid?: string | null;
  readonly expected: { readonly root_hash: string; readonly hash_area_sha256?: string };
};

/** Larger ones take their time to be made. */
const MOST_BYTES = 32 << 20;

/** Making the data is most of it. */
const VECTOR_MS = 60_000;

const { index } = openFixtures<{ readonly vectors: readonly Vector[] }>('verity', { vectors: [] });
const vectors = index.vectors.filter(({ data }) => sizeOf(data) <= MOST_BYTES);

function sizeOf(data: Vector['data']): number {
  return 'zeros' in data ? data.zeros : data.size;
}

function bytesOf(data: Vector['data']): Buffer {
  if ('zeros' in data) return Buffer.alloc(data.zeros);
  const bytes = Buffer.alloc(Math.ceil(data.size / 32) * 32);
  const message = Buffer.alloc(data.seed.length + 8);
  message.write(data.seed);
  for (let block = 0; block * 32 < data.size; block++) {
    message.writeBigUInt64BE(BigInt(block), data.seed.length);
    bytes.set(createHash('sha256').update(message).digest(), block * 32);
  }
  return bytes.subarray(0, data.size);
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cvm-verity-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

describe.skipIf(FIXTURES_MISSING)(`vectors of veritysetup ${FIXTURES_MISSING ?? ''}`, () => {
  it.each(vectors)(
    '$id have the same root hash and the same tree',
    async (vector) => {
      using data = await openSource(await file(`${vector.id}.data`, bytesOf(vector.data)));
      const flags = {
        dataBlockSize: vector.data_block_size,
        hashBlockSize: vector.hash_block_size,
        algorithm: vector.hash,
        salt: Buffer.from(vector.salt, 'hex'),
        format: vector.format,
        superblock: vector.superblock !== false,
      };
      const { root_hash, hash_area_sha256 } = vector.expected;
      const { root } = await verityRootReport(data, undefined, flags);
      expect(root).toBe(root_hash);
      if (hash_area_sha256 === undefined) return;

      const parameters = parametersFor(data, flags);
      const geometry = treeGeometry(parameters, flags.superblock);
      const area = Buffer.alloc(geometry.endBlock * vector.hash_block_size);
      if (vector.uuid) area.set(makeSuperblock(parameters, vector.uuid));
      const blocks = { path: data.name, offset: 0, blocks: parameters.dataBlocks };
      const digests = digestFileBlocks(blocks, hashingOf(parameters, parameters.dataBlockBytes));
      await buildHashTree(parameters, geometry, digests, (level, place, bytes) => {
        const block = (geometry.levels[level]?.firstBlock ?? 0) + place;
        area.set(bytes, block * vector.hash_block_size);
      });
      expect(createHash('sha256').update(area).digest('hex')).toBe(hash_area_sha256);
      const hash = bytesSource('hash', area);
      expect(openHashDevice(hash, flags.superblock ? undefined : parameters).uuid).toBe(
        vector.uuid,
      );
      expect((await verityVerifyReport(data, hash, root, flags)).valid).toBe(true);
    },
    VECTOR_MS,
  );
});

const tree = makeTree(
  {
    format: 1,
    algorithm: 'sha384',
    dataBlockBytes: 1024,
    hashBlockBytes: 512,
    dataBlocks: 50,
    salt: Buffer.from('salt'),
  },
  noise(1, 50 << 10),
);
const hash = bytesSource('hash.img', tree.hash);
const withSuperblock = { superblock: true };

describe('cvm verity root', () => {
  it('takes the parameters of the superblock', async () => {
    using data = await openSource(await file('data', tree.data));
    const report = await verityRootReport(data, hash, withSuperblock);
    expect(report).toMatchObject({
      root: tree.root,
      uuid: MADE_UUID,
      levels: [7, 1],
      dataBlocks: 50,
    });
    expect(renderVerityRoot(report)).toContain(`root hash    ${tree.root}\n`);
  });

  it('takes those of the flags, for standard input too', async () => {
    const stdin = bytesSource('-', tree.data);
    const report = await verityRootReport(stdin, undefined, {
      ...withSuperblock,
      dataBlockSize: 1024,
      hashBlockSize: 512,
      algorithm: 'sha384',
      salt: Buffer.from('salt'),
    });
    expect(report).toMatchObject({ root: tree.root, uuid: null });
  });

  it('refuses flags that the superblock contradicts', async () => {
    const data = bytesSource('data.img', tree.data);
    await expect(
      verityRootReport(data, hash, { ...withSuperblock, algorithm: 'sha1' }),
    ).rejects.toThrow('--algorithm sha1: the superblock of hash.img says sha384');
    await expect(
      verityRootReport(data, hash, { ...withSuperblock, salt: new Uint8Array(0) }),
    ).rejects.toThrow('--salt -: the superblock of hash.img says 73616c74');
  });

  it('refuses data that are no whole blocks, or less than the superblock says', async () => {
    const cut = (bytes: number) => bytesSource('data.img', tree.data.subarray(0, bytes));
    await expect(verityRootReport(cut(51_100), hash, withSuperblock)).rejects.toThrow(
      'data.img: at 0xc400: expected a data block of 1024 bytes, found 924 bytes before the end',
    );
    await expect(verityRootReport(cut(49 << 10), hash, withSuperblock)).rejects.toThrow(
      'data.img: at 0xc400: expected 50 data blocks of 1024 bytes, as the superblock says, found a file that ends at 0xc400',
    );
  });
});

describe('cvm verity verify', () => {
  const verify = async (bytes: Uint8Array, root = tree.root) => {
    using data = await openSource(await file('changed', bytes));
    return await verityVerifyReport(data, hash, root, withSuperblock);
  };

  it('names what is corrupt', async () => {
    const bytes = Buffer.from(tree.data);
    bytes[17 * 1024 + 5] = (bytes[17 * 1024 + 5] ?? 0) ^ 1;
    const report = await verify(bytes);
    expect(report).toEqual({
      valid: false,
      corrupt: [{ kind: 'data', block: 17, offset: 17408 }],
      corruptBlocks: 1,
    });
    expect(renderVerification(report)).toBe(
      'not valid: 1 corrupt block\n  data block 17 at 0x4400\n',
    );
    expect(renderVerification(await verify(tree.data))).toBe('valid\n');
  });

  it.each([
    ['00', 'expected 96 hexadecimal digits for sha384, found 2'],
    [`${tree.root}0`, 'expected 96 hexadecimal digits for sha384, found "'],
    ['no hex', 'found "no hex"'],
  ])('refuses the root hash %s', async (root, message) => {
    await expect(verify(tree.data, root)).rejects.toThrow(UsageError);
    await expect(verify(tree.data, root)).rejects.toThrow(message);
  });

  it('refuses a hash file without superblock, unless it is told', async () => {
    using data = await openSource(await file('plain', tree.data));
    const bare = bytesSource('bare.img', tree.hash.subarray(512));
    const { dataBlockBytes, hashBlockBytes, ...rest } = tree.parameters;
    const flags = { ...rest, dataBlockSize: dataBlockBytes, hashBlockSize: hashBlockBytes };
    await expect(verityVerifyReport(data, bare, tree.root, withSuperblock)).rejects.toThrow(
      'bare.img: at 0x0: expected verity signature',
    );
    const report = await verityVerifyReport(data, bare, tree.root, { ...flags, superblock: false });
    expect(report.valid).toBe(true);
  });
});

describe('options of cvm verity', () => {
  it('are numbers, decimal or hexadecimal', () => {
    expect(parseBlockNumber('0x1F')).toBe(31);
    expect(parseBlockSize('4096')).toBe(4096);
    expect(parseFormat('0')).toBe(0);
  });

  it.each([
    ['block number', () => parseBlockNumber('-1')],
    ['block number', () => parseBlockNumber('99999999999999999999')],
    ['block size', () => parseBlockSize('1000')],
    ['block size', () => parseBlockSize('1048576')],
    ['format', () => parseFormat('2')],
    ['salt', () => parseSalt('abc')],
    ['salt', () => parseSalt('00'.repeat(257))],
  ])('have to be a %s', (_, parse) => {
    expect(parse).toThrow(UsageError);
  });
});
