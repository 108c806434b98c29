import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { madeFirmware } from '../predict/testing/made-boot.ts';
import { disagreement } from './disagreement.ts';
import { diskRegions } from './disk-regions.ts';
import { type Region, UNPROTECTED } from './region.ts';
import { makeVerityDisk } from './testing/made-disk.ts';
import { trySample } from './try-sample.ts';

describe('the map of a disk', { timeout: 60_000 }, () => {
  it.each([true, false])('agrees with the forecast of changed disks (verity: %s)', (hasVerity) => {
    const disk = bytesSource('disk.raw', makeVerityDisk(hasVerity).bytes);
    const map = diskRegions(disk, madeFirmware());
    const found = [...trySample(disk, madeFirmware(), map, { count: 4, seed: 1 })];
    expect(found).toHaveLength(4 * map.regions.length);
    expect(found.filter((one) => one !== undefined)).toEqual([]);
  });

  it('is found to be wrong where it is', () => {
    const disk = bytesSource('disk.raw', makeVerityDisk().bytes);
    const map = diskRegions(disk, madeFirmware());
    const lies = map.regions.map(
      ({ partly: _, ...region }): Region => ({
        ...region,
        detectedBy: region.detectedBy.length > 0 ? [] : ['PCR 4'],
      }),
    );
    const told = [
      ...trySample(disk, madeFirmware(), { ...map, regions: lies }, { count: 1, seed: 2 }),
    ];
    const whole = map.regions.filter(({ partly, steers }) => !partly && !steers);
    expect(told.filter((one) => one !== undefined).length).toBeGreaterThan(whole.length / 2);
  });
});

describe('a disagreement', () => {
  const region = { start: 0, end: 1, what: 'bytes', ...UNPROTECTED };

  it.each([
    [{ ...region, detectedBy: ['PCR 4'] }, { moved: ['PCR 4'] }, undefined],
    [{ ...region, detectedBy: ['PCR 4'] }, { moved: [] }, 'PCR 4 did not move'],
    [{ ...region, detectedBy: ['PCR 4'] }, { refused: 'no image' }, undefined],
    [region, { moved: ['PCR 5'] }, 'nothing was to notice, but PCR 5 moved'],
    [region, { refused: 'no image' }, 'nothing was to notice, but: no image'],
    [
      { ...region, detectedBy: ['firmware refuses'] },
      { moved: [] },
      'firmware refuses, but it would be booted',
    ],
  ] as const)('is told: %j and %j', (said, outcome, sentence) => {
    expect(disagreement(said, outcome)).toBe(sentence);
  });
});
