import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { madeFirmware } from '../predict/testing/made-boot.ts';
import { diskCoverage } from './coverage.ts';
import { ForecastDifference } from './forecast-difference.ts';
import { makeVerityDisk } from './testing/made-disk.ts';

const made = makeVerityDisk();
const firmware = madeFirmware();
const source = (bytes: Uint8Array) => bytesSource('disk.raw', bytes);
const forecast = new ForecastDifference({ disk: source(made.bytes), firmware });
const outcomeOf = (bytes: Uint8Array) =>
  forecast.outcomeOf(() => ({ disk: source(bytes), firmware }));

/** The disk with a byte of its primary table changed, and both checksums made to fit (UEFI 2.11, 5.3.2). */
function changedTable(at: number): Uint8Array {
  const disk = Buffer.from(made.bytes);
  disk.writeUInt8(disk.readUInt8(at) ^ 1, at);
  disk.writeUInt32LE(crc32(disk.subarray(1024, 1024 + 128 * 128)), 512 + 88);
  disk.writeUInt32LE(0, 512 + 16);
  disk.writeUInt32LE(crc32(disk.subarray(512, 512 + 92)), 512 + 16);
  return disk;
}

describe('a partition table', () => {
  it.each([
    ['GUID of the disk', 512 + 56],
    ['name of an entry', 1024 + 56],
    ['attributes of an entry', 1024 + 128 + 54],
  ])('that is changed with its checksums moves PCR 5: %s', (_, at) => {
    expect(outcomeOf(changedTable(at))).toEqual({ moved: ['PCR 5'] });
  });

  it('whose checksum does not fit is measured as it was: the map says so', () => {
    const disk = made.bytes.slice();
    disk[512 + 56] = (disk[512 + 56] ?? 0) ^ 1;
    expect(outcomeOf(disk)).toEqual({ moved: [] });
    const header = diskCoverage(source(made.bytes), undefined).regions.find(
      ({ what }) => what === 'GPT header',
    );
    expect(header?.partly).toMatch(/restored from the other one/);
  });

  it('counts as a backup where the primary is gone', () => {
    const disk = made.bytes.slice().fill(0, 512, 1024);
    const { regions } = diskCoverage(source(disk), undefined);
    const of = (what: string) => regions.find((one) => one.what === what);
    expect(of('backup GPT header')?.detectedBy).toEqual(['PCR 5']);
    expect(of('primary GPT header')?.detectedBy).toEqual([]);
    expect(of('primary GPT entries')).toMatchObject({ start: 1024, end: 1024 + 128 * 128 });
  });
});
