import type { Judgement } from './judgement.ts';

/** Two launches that differ in one thing: their digests, in hexadecimal digits. */
export type LaunchDigests = {
  /** What differs; begins a sentence. */
  readonly what: string;
  readonly usual: string;
  readonly changed: string;
};

/**
 * Judges whether what was changed moves the launch digest.
 *
 * @param file shows what was changed
 */
export function judgeLaunchDigests(
  { what, usual, changed }: LaunchDigests,
  file: string,
): Judgement {
  const moved = usual !== changed;
  return {
    state: moved ? 'pass' : 'fail',
    sentence: moved ? `${what}: another launch digest` : `${what}: the same launch digest`,
    expected: `any digest but ${usual}`,
    observed: changed,
    witness: 'host file',
    file,
  };
}
