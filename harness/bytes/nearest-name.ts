/** A longer name is like none, and must not cost more. */
const LONGEST_NAME = 64;

/**
 * The names that are most like one that is none of them, best first; upper and lower case are the same.
 *
 * @param name what somebody wrote
 * @param names what there is
 * @param count how many at most
 */
export function nearestNames(
  name: string,
  names: Iterable<string>,
  count: number,
): readonly string[] {
  const wanted = name.slice(0, LONGEST_NAME).toLowerCase();
  return [...names]
    .map((one) => ({ one, distance: editDistance(one.toLowerCase(), wanted) }))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ one }) => one);
}

/** Levenshtein's: how many characters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = (previous[column - 1] ?? 0) + (letter === b[column - 1] ? 0 : 1);
      const shorter = Math.min(previous[column] ?? 0, current[column - 1] ?? 0) + 1;
      current.push(Math.min(replaced, shorter));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
}
