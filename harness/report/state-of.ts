import type { State } from '../judge/finding.ts';

/**
 * How several findings on one requirement make its state: that of the first line here that any of
 * them has.
 *
 * | state        | why it stands before those below it |
 * |--------------|-------------------------------------|
 * | `fail`       | one violation that was seen is conclusive; neither a pass nor a broken harness elsewhere undoes it |
 * | `error`      | something was not observed that should have been, so nothing better can be said |
 * | `vacuous`    | something was observed that proves nothing |
 * | `flaky`      | it held, but not each time |
 * | `skip`       | it held where it could be looked at, and this host could not look everywhere |
 * | `not-tested` | it held where it was looked at, and nobody looked everywhere |
 * | `pass`       | it held wherever it was looked at |
 */
export const WORST_FIRST = [
  'fail',
  'error',
  'vacuous',
  'flaky',
  'skip',
  'not-tested',
  'pass',
] as const satisfies readonly State[];

/**
 * The state of a requirement.
 *
 * @param findings all that was found on it, in any order
 * @returns the worst state among them; `not-tested` where there is none
 */
export function stateOf(findings: readonly { readonly state: State }[]): State {
  const seen = new Set(findings.map(({ state }) => state));
  return WORST_FIRST.find((state) => seen.has(state)) ?? 'not-tested';
}
