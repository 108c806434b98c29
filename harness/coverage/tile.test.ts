import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UNPROTECTED } from './region.ts';
import { placed } from './shift-regions.ts';
import { expectTiling } from './testing/expect-tiling.ts';
import { tile } from './tile.ts';

const FILLING = { what: 'gap', ...UNPROTECTED };

describe('tiles', () => {
  it('cover a range exactly once, whatever the regions', () => {
    const region = fc
      .tuple(fc.nat(120), fc.nat(60), fc.constantFrom('a', 'b', 'c'))
      .map(([start, length, what]) => ({ start, end: start + length, what, ...UNPROTECTED }));
    fc.assert(
      fc.property(fc.array(region), fc.nat(50), fc.nat(80), (regions, start, length) => {
        const span = { start, end: start + length };
        expectTiling(tile(span, regions, FILLING), span);
      }),
    );
  });

  it('give bytes to the region that starts first, and join what is alike', () => {
    const one = { start: 2, end: 6, what: 'a', ...UNPROTECTED };
    const other = { start: 4, end: 8, what: 'b', ...UNPROTECTED };
    const third = { start: 8, end: 9, what: 'b', ...UNPROTECTED };
    expect(tile({ start: 0, end: 10 }, [third, other, one], FILLING)).toEqual([
      { start: 0, end: 2, ...FILLING },
      one,
      { ...other, start: 6, end: 9 },
      { start: 9, end: 10, ...FILLING },
    ]);
  });
});

describe('regions of a file in pieces', () => {
  it('are cut where the pieces end', () => {
    const regions = [
      { start: 0, end: 3, what: 'a', ...UNPROTECTED },
      { start: 3, end: 10, what: 'b', ...UNPROTECTED },
    ];
    const runs = [
      { offset: 100, length: 5 },
      { offset: 50, length: 5 },
    ];
    expect(placed(regions, runs)).toMatchObject([
      { start: 100, end: 103, what: 'a' },
      { start: 103, end: 105, what: 'b' },
      { start: 50, end: 55, what: 'b' },
    ]);
  });
});
