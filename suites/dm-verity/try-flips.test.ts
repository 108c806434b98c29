import { describe, expect, it } from 'vitest';
import type { Flip } from '../../harness/coverage/flipped-source.ts';
import type { Region } from '../../harness/coverage/region.ts';
import type { Trial } from '../../harness/coverage/sample.ts';
import { WITNESS_KERNEL_LINE } from '../../harness/formats/witness-kernel.ts';
import type { SeenRun } from '../../harness/vm/rewindable-vm.ts';
import { type FlipBench, tryFlips } from './try-flips.ts';

const region = (start: number, what: string, detectedBy: Region['detectedBy']): Region => ({
  start,
  end: start + 10,
  what,
  detectedBy,
});
const REGIONS = [
  region(0, 'table', []),
  region(10, 'backup of the table', []),
  region(20, 'slack', []),
  region(30, 'image', ['PCR 4']),
];
const SIZE = { count: 1, seed: 1 };

/** A firmware that measures the image, and uses the table where one of the two is whole. */
function boot(flips: readonly Flip[], isHungry = false): SeenRun {
  const hit = (one: number) =>
    flips.some(({ offset }) => offset >= 10 * one && offset < 10 * one + 10);
  const digests = { sha256: hit(3) || (isHungry && hit(2)) ? 'bb' : 'aa' };
  const isLost = hit(0) && hit(1);
  return {
    end: 'over',
    extends: [{ pcr: 4, digests }],
    console: [
      isLost ? 'BdsDxe: failed to load Boot0001 "x" from y: Not Found' : WITNESS_KERNEL_LINE,
    ],
    disk: { reads: 9, writes: hit(0) ? 1 : 0 },
  };
}

async function attempt(isHungry = false, chosen: readonly Trial[] = []) {
  const booted: number[] = [];
  const bench: FlipBench = {
    about: 'a disk',
    file: 'disk',
    regions: REGIONS,
    chosen,
    boot: async (flips) => {
      booted.push(flips.length);
      return boot(flips, isHungry);
    },
  };
  const report = await tryFlips(bench, SIZE, () => undefined);
  const seen = Object.fromEntries(report.flips.map((flip) => [flip.region, flip.seen]));
  return { report, booted, seen };
}

describe('bits that are flipped for real', () => {
  it('are halved where together they do what none does alone', async () => {
    const { report, booted, seen } = await attempt();
    expect(report.unchanged).toEqual({ isSound: true, seen: '1 extends, then the kernel' });
    expect(booted).toEqual([0, 3, 1, 2, 1]);
    expect(seen).toEqual({
      table: 'nothing, and the firmware has restored the table',
      'backup of the table': 'nothing',
      slack: 'nothing',
      image: 'PCR 4',
    });
    expect(report.flips.filter(({ disagreement }) => disagreement)).toEqual([]);
  });

  it('are also those that are chosen, and alone where the region is executed', async () => {
    const code: Region = { ...region(40, 'code', []), executed: true };
    const { booted, seen } = await attempt(false, [{ region: code, offset: 41, bits: 1 }]);
    expect(booted).toEqual([0, 3, 1, 2, 1, 1]);
    expect(seen).toMatchObject({ code: 'nothing' });
  });

  it('are named one by one where something tells of what nothing was to tell of', async () => {
    const { report } = await attempt(true);
    expect(report.flips.filter(({ disagreement }) => disagreement)).toMatchObject([
      { region: 'slack', disagreement: 'nothing was to notice, but PCR 4 moved' },
    ]);
  });
});
