import { describe, expect, it } from 'vitest';
import { compareRuns, median } from './statistic.ts';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 4], 4],
    [[4, 1, 10, 2], 3],
  ])('of %j is %d', (samples, expected) => {
    expect(median(samples)).toBe(expected);
  });
});

describe('a comparison', () => {
  it('takes its ratio run by run, so that a machine that slows down changes nothing', () => {
    expect(compareRuns([10, 20, 40], [20, 40, 80], 0)).toEqual({
      runs: 3,
      ours: { min: 10, median: 20 },
      peer: { min: 20, median: 40 },
      ratio: 0.5,
    });
  });

  it('does not charge the peer with its wrapper', () => {
    const { peer, ratio } = compareRuns([10, 10], [15, 25], 5);
    expect(peer).toEqual({ min: 10, median: 15 });
    expect(ratio).toBe(0.75);
  });

  it('needs runs in pairs', () => {
    expect(() => compareRuns([], [], 0)).toThrow(RangeError);
    expect(() => compareRuns([1, 2], [1], 0)).toThrow(RangeError);
  });
});
