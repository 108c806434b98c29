import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** What became of a read that cannot be answered. */
export type PolicyRead = {
  /** Option of the dm-verity device, or that it has none. */
  readonly policy: string;
  readonly end: 'EIO' | 'panic' | 'restart' | 'something else';
  /** What the guest, or the VM, says of it. */
  readonly said: string;
};

/**
 * Judges what a dm-verity device makes of a sector that cannot be read.
 *
 * @param file of the evidence with the reads
 */
export function judgePolicy(
  { policy, end, said }: PolicyRead,
  expected: PolicyRead['end'],
  file: string,
): Judgement {
  const isExpected = end === expected;
  return {
    state: isExpected ? 'pass' : 'fail',
    sentence: `${policy}: a sector that cannot be read ends in ${end}${isExpected ? '' : `, not in ${expected}`}`,
    expected,
    observed: printable(`${end}: ${said}`),
    witness: expected === 'EIO' ? 'guest command' : 'QMP',
    file,
  };
}
