/** Positions of an element that both sequences have; `[in a, in b]`. */
export type Match = readonly [a: number, b: number];

/** Elements that are compared with each other at a time: what keeps the cost linear in long sequences. */
const WINDOW = 512;

/**
 * Aligns two sequences by their longest common subsequence. Of sequences longer than a window of 512
 * elements each window is aligned for itself, so that the cost is bounded by 512 steps an element.
 *
 * @param a keys of the elements
 * @param b the same of the other side
 * @returns the pairs of equal elements, ascending on both sides
 */
export function alignSequences(a: readonly string[], b: readonly string[]): readonly Match[] {
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start++;
  let tail = 0;
  while (tail < shortest - start && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const matches: Match[] = Array.from({ length: start }, (_, at) => [at, at]);
  const [endA, endB] = [a.length - tail, b.length - tail];
  for (let at = start; at < Math.min(endA, endB); at += WINDOW) {
    const ofA = a.slice(at, Math.min(at + WINDOW, endA));
    const ofB = b.slice(at, Math.min(at + WINDOW, endB));
    for (const [x, y] of longestCommon(ofA, ofB)) matches.push([at + x, at + y]);
  }
  for (let at = 0; at < tail; at++) matches.push([endA + at, endB + at]);
  return matches;
}

function longestCommon(a: readonly string[], b: readonly string[]): readonly Match[] {
  const lengths = commonLengths(a, b);
  const lengthAt = (x: number, y: number) => lengths[x * (b.length + 1) + y] ?? 0;
  const matches: Match[] = [];
  for (let [x, y] = [0, 0]; x < a.length && y < b.length; ) {
    if (a[x] === b[y]) matches.push([x++, y++]);
    else if (lengthAt(x + 1, y) >= lengthAt(x, y + 1)) x++;
    else y++;
  }
  return matches;
}

/** At `x * (b.length + 1) + y`: length of what a from x on and b from y on have in common. */
function commonLengths(a: readonly string[], b: readonly string[]): Uint16Array {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let at = a.length * width - 1; at >= 0; at--) {
    const [x, y] = [Math.floor(at / width), at % width];
    if (y === b.length) continue;
    const [below, beside, diagonal] = [at + width, at + 1, at + width + 1];
    lengths[at] =
      a[x] === b[y]
        ? (lengths[diagonal] ?? 0) + 1
        : Math.max(lengths[below] ?? 0, lengths[beside] ?? 0);
  }
  return lengths;
}
