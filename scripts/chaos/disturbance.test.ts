import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import { chooseDisturbance, describeDisturbance, PLACES, VICTIMS } from './disturbance.ts';

const MANY = Array.from({ length: 500 }, (_, run) => chooseDisturbance(seededRandom(`7 ${run}`)));

describe('the disturbances of a campaign', () => {
  it('are the same for the same seed', () => {
    const again = MANY.map((_, run) => chooseDisturbance(seededRandom(`7 ${run}`)));
    expect(again).toEqual(MANY);
  });

  it('are of every kind, to everybody, everywhere', () => {
    const words = new Set(MANY.flatMap((one) => describeDisturbance(one).split(' ')));
    expect(new Set(MANY.map(({ kind }) => kind)).size).toBe(6);
    for (const word of [...VICTIMS, ...PLACES, 'SIGINT', 'SIGTERM', 'SIGKILL']) {
      expect(words).toContain(word);
    }
  });
});
