import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignSequences } from './align-sequences.ts';

const letters = (text: string) => [...text];

describe('the alignment of two sequences', () => {
  // Hunt and Szymanski, A Fast Algorithm for Computing Longest Common Subsequences, 1977: the
  // longest one of these has 4 letters.
  it('finds a longest common subsequence', () => {
    const [a, b] = [letters('abcbdab'), letters('bdcaba')];
    const matches = alignSequences(a, b);
    expect(matches).toHaveLength(4);
    expect(matches.every(([x, y]) => a[x] === b[y])).toBe(true);
  });

  it.each([
    [
      'abc',
      'abc',
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ],
    [
      'abc',
      'abxc',
      [
        [0, 0],
        [1, 1],
        [2, 3],
      ],
    ],
    [
      'abc',
      'ac',
      [
        [0, 0],
        [2, 1],
      ],
    ],
    ['abc', '', []],
    [
      'aaa',
      'aa',
      [
        [0, 0],
        [1, 1],
      ],
    ],
  ] as const)('of %s and %s', (a, b, matches) => {
    expect(alignSequences(letters(a), letters(b))).toEqual(matches);
  });

  it('pairs equal elements in ascending order, whatever the sequences', () => {
    const sequence = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 1500 });
    fc.assert(
      fc.property(sequence, sequence, (a, b) => {
        const matches = alignSequences(a, b);
        for (const [at, [x, y]] of matches.entries()) {
          expect(a[x]).toBe(b[y]);
          const [beforeX, beforeY] = matches[at - 1] ?? [-1, -1];
          expect(x > beforeX && y > beforeY).toBe(true);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('takes time that grows with the length only', () => {
    const [a, b] = [0, 1].map((side) => Array.from({ length: 20_000 }, (_, at) => `${side}${at}`));
    const start = performance.now();
    expect(alignSequences(a ?? [], b ?? [])).toEqual([]);
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
