import { describe, expect, it } from 'vitest';
import { comparePcrs, differingPcrs } from './compare-pcrs.ts';
import { describeWithFixtures, fixtureJson } from './testing/fixtures.ts';
import { digestOf } from './testing/log-bytes.ts';

const one = digestOf('sha256', 1);
const two = digestOf('sha256', 2);

describe('two sets of PCR values', () => {
  it('are compared PCR by PCR in each bank', () => {
    const a = { sha256: { 0: one, 4: one, 7: one, 11: one }, sha1: { 0: digestOf('sha1', 1) } };
    const b = { sha256: { 0: two, 4: one, 7: two, 14: one } };
    const comparison = comparePcrs(a, b);
    expect(comparison).toEqual({
      sha1: { common: [], different: [], onlyA: [0], onlyB: [] },
      sha256: { common: [4], different: [0, 7], onlyA: [11], onlyB: [14] },
    });
    expect(differingPcrs(comparison)).toEqual([0, 7]);
  });

  it('list PCRs in the order of their numbers', () => {
    const a = { sha256: { 10: one, 9: one, 2: one } };
    expect(comparePcrs(a, a).sha256?.common).toEqual([2, 9, 10]);
  });
});

type Pair = {
  a: string;
  b: string;
  equal: number[];
  different: number[];
  only_in_a: number[];
  only_in_b: number[];
};

describeWithFixtures('PCR values of real machines', () => {
  const { sets, pairs } = fixtureJson<{
    sets: Record<string, Record<string, string>>;
    pairs: Pair[];
  }>('pcr/compare.json');

  it.each(pairs.map((pair) => [pair.a, pair.b, pair] as const))('%s and %s', (a, b, pair) => {
    const bank = a.slice(a.lastIndexOf(':') + 1);
    expect(comparePcrs({ [bank]: sets[a] }, { [bank]: sets[b] })).toEqual({
      [bank]: {
        common: pair.equal,
        different: pair.different,
        onlyA: pair.only_in_a,
        onlyB: pair.only_in_b,
      },
    });
  });
});
