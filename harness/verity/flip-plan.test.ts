import { describe, expect, it } from 'vitest';
import { seededRandom } from '../bytes/seeded-random.ts';
import { isFailing, planFlips } from './flip-plan.ts';
import { forecastFlip } from './forecast-flip.ts';
import { treeGeometry } from './tree-geometry.ts';

const parameters = {
  format: 1,
  algorithm: 'sha256',
  dataBlockBytes: 512,
  hashBlockBytes: 512,
  dataBlocks: 10_000,
  salt: Buffer.alloc(0),
} as const;
const device = { parameters, geometry: treeGeometry(parameters, true) };
const plan = (count: number, seed = '1') => [...planFlips(device, count, seededRandom(seed))];

describe('a plan of flips', () => {
  it('has as many as are asked for, of every kind', () => {
    for (const count of [1, 2, 19, 2000]) {
      expect(plan(count).reduce((sum, { flips }) => sum + flips.length, 0)).toBe(count);
    }
    const kinds = Map.groupBy(plan(2000), ({ kind }) => kind);
    const counted = [...kinds].map(([kind, batches]) => [
      kind,
      batches.reduce((sum, { flips }) => sum + flips.length, 0),
    ]);
    expect(counted).toEqual([
      ['data', 1700],
      ['leaf', 200],
      ['upper', 100],
    ]);
  });

  it('hits every level of the tree', () => {
    const { levels } = device.geometry;
    const hit = new Set(
      plan(2000).flatMap(({ flips }) =>
        flips.flatMap(({ flip }) =>
          flip.device === 'data'
            ? []
            : levels.findIndex(({ firstBlock, blocks }) => {
                const block = Math.floor(flip.offset / 512);
                return block >= firstBlock && block < firstBlock + blocks;
              }),
        ),
      ),
    );
    expect([...hit].toSorted()).toEqual(levels.map((_, level) => level));
  });

  it('reads of each flip what fails, and beside it what does not', () => {
    for (const { flips, read } of plan(2000)) {
      for (const { flip, failing } of flips) {
        expect(failing).toEqual(forecastFlip(device, flip));
        expect(read).toContain(failing.start);
        expect(read).toContain(failing.end - 1);
      }
      expect(read.every((block) => block >= 0 && block < parameters.dataBlocks)).toBe(true);
    }
    const others = plan(2000).flatMap(({ flips, read }) =>
      read.filter((block) => !isFailing(flips, block)),
    );
    expect(others.length).toBeGreaterThan(1000);
  });

  it('has no two flips that reach the same block', () => {
    for (const { flips } of plan(2000)) {
      const sorted = flips.map(({ failing }) => failing).toSorted((a, b) => a.start - b.start);
      for (const [index, { start }] of sorted.entries()) {
        expect(start).toBeGreaterThanOrEqual(sorted[index - 1]?.end ?? 0);
      }
    }
  });

  it('is the same for the same seed', () => {
    expect(plan(200)).toEqual(plan(200));
    expect(plan(200)).not.toEqual(plan(200, '2'));
  });

  it('leaves out the levels that a tree has not', () => {
    const small = { ...parameters, dataBlocks: 5 };
    const batches = [
      ...planFlips(
        { parameters: small, geometry: treeGeometry(small, true) },
        40,
        seededRandom('1'),
      ),
    ];
    expect(new Set(batches.map(({ kind }) => kind))).toEqual(new Set(['data', 'leaf']));
    const one = { ...parameters, dataBlocks: 1 };
    const only = [
      ...planFlips({ parameters: one, geometry: treeGeometry(one, true) }, 40, seededRandom('1')),
    ];
    expect(new Set(only.map(({ kind }) => kind))).toEqual(new Set(['data']));
  });
});
