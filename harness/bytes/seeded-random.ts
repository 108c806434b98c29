/** Draws that depend on the seed alone. */
export type Random = {
  /** An integer from 0 to `limit` - 1; 0 where the limit is not above 1. */
  below(limit: number): number;
  /** One of several things; there is at least one. */
  pick<T>(things: readonly [T, ...T[]]): T;
};

/** Draws thrown away first, so that seeds that are close give sequences that are not. */
const WARM_UP = 12;

/**
 * Numbers that depend on a seed alone: Chris Doty-Humphrey's sfc32 (PractRand).
 *
 * @param seed any text: a number, a reader's name
 */
export function seededRandom(seed: string): Random {
  let [a, b, c, counter] = [hash(seed, 1), hash(seed, 2), hash(seed, 3), 1];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let done = 0; done < WARM_UP; done++) next();
  const below = (limit: number) => (limit <= 1 ? 0 : next() % limit);
  return {
    below,
    pick: (things) => things[below(things.length)] ?? things[0],
  };
}

/** FNV-1a, begun anew for each of the generator's numbers. */
function hash(text: string, salt: number): number {
  let value = 0x811c9dc5 ^ salt;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
