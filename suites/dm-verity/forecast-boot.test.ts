import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import { makeGptDisk } from '../../harness/formats/testing/make-gpt.ts';
import { noise } from '../../harness/verity/testing/arbitrary-tree.ts';
import { makeTree } from '../../harness/verity/testing/make-tree.ts';
import { forecastBoot } from './forecast-boot.ts';

const BLOCK = 512;
const tree = makeTree(
  {
    format: 1,
    algorithm: 'sha256',
    dataBlockBytes: BLOCK,
    hashBlockBytes: BLOCK,
    dataBlocks: 40,
    salt: Buffer.from('salt'),
  },
  noise(1, 40 * BLOCK),
);
const DATA = 40;
const HASH = 100;
const uuid = (digits: string) =>
  digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
const uuids = { data: uuid(tree.root.slice(0, 32)), hash: uuid(tree.root.slice(32)) };
const needs = [1024, 30 * BLOCK];

function disk(guids = uuids): Uint8Array {
  const partitions = [
    { first: DATA, last: DATA + 39, guid: guids.data },
    { first: HASH, last: HASH + 20, guid: guids.hash },
  ];
  const bytes = makeGptDisk({ partitions });
  bytes.set(tree.data, DATA * BLOCK);
  bytes.set(tree.hash, HASH * BLOCK);
  return bytes;
}

function forecast(bytes: Uint8Array, change: Partial<Parameters<typeof forecastBoot>[0]> = {}) {
  return forecastBoot({
    disk: bytesSource('disk', bytes),
    rootHash: tree.root,
    uuids,
    needs,
    ...change,
  });
}

function flipped(offset: number): Uint8Array {
  const bytes = disk();
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return bytes;
}

describe('the forecast of a boot', () => {
  it('is that it comes up where nothing that it needs is changed', () => {
    expect(forecast(disk())).toEqual({ end: 'booted' });
    expect(forecast(flipped((DATA + 5) * BLOCK))).toEqual({ end: 'booted' });
  });

  it('names the first block that is found corrupt', () => {
    const refused = (kind: string, block: number) => ({
      end: 'refused',
      by: 'dm-verity',
      corrupt: { kind, block },
    });
    expect(forecast(flipped((DATA + 2) * BLOCK))).toEqual(refused('data', 2));
    expect(forecast(flipped((DATA + 30) * BLOCK))).toEqual(refused('data', 30));
    expect(forecast(flipped((HASH + 1) * BLOCK))).toEqual(refused('metadata', 1));
    expect(forecast(flipped((HASH + 2) * BLOCK))).toEqual(refused('metadata', 2));
    expect(forecast(flipped(HASH * BLOCK + 88))).toEqual(refused('metadata', 1));
  });

  it('is that who sets it up refuses where there is no superblock', () => {
    expect(forecast(flipped(HASH * BLOCK))).toEqual({ end: 'refused', by: 'systemd-veritysetup' });
  });

  it('goes by the UUIDs that are named', () => {
    const exchanged = disk({ data: uuids.hash, hash: uuids.data });
    expect(forecast(exchanged)).toEqual({ end: 'refused', by: 'systemd-veritysetup' });
    const others = { data: '11111111-0000-0000-0000-000000000000', hash: uuids.hash };
    expect(forecast(disk(others))).toEqual({ end: 'refused', by: 'systemd' });
    expect(forecast(disk(others), { uuids: others })).toEqual({ end: 'booted' });
  });

  it('is that the top block is corrupt where the root hash is another', () => {
    const rootHash = tree.root.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    expect(forecast(disk(), { rootHash })).toMatchObject({ corrupt: { block: 1 } });
  });

  it('is by the backup where the primary table is damaged', () => {
    expect(forecast(flipped(512 + 56))).toEqual({ end: 'booted' });
  });
});
