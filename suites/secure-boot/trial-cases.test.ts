import { describe, expect, it } from 'vitest';
import { SeededNumbers } from './random.ts';
import { TRIAL_CASES } from './trial-cases.ts';
import { TRIAL_STORES } from './trial-stores.ts';

describe('the cases of Secure Boot', () => {
  it('name stores that there are, and a twin for each refusal', () => {
    const stores = Object.keys(TRIAL_STORES);
    expect(TRIAL_CASES.filter(({ store }) => !stores.includes(store))).toEqual([]);
    expect(TRIAL_CASES.filter(({ wanted, twin }) => wanted === 'refused' && !twin)).toEqual([]);
  });

  it('name each image once', () => {
    const names = TRIAL_CASES.map(({ requirement, store, image }) => [requirement, store, image]);
    expect(new Set(names.map((name) => name.join())).size).toBe(names.length);
  });
});

describe('seeded numbers', () => {
  it('are the same for a seed, and within their limit', () => {
    const draw = (seed: number) => {
      const random = new SeededNumbers(seed);
      return Array.from({ length: 100 }, () => random.below(10));
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(new Set(draw(3)).size).toBe(10);
    expect(Math.max(...draw(4))).toBeLessThan(10);
  });
});
