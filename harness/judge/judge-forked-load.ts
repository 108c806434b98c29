import type { PcrExtend } from '../tpm/pcr-extend.ts';
import {
  describeEnd,
  type JudgedLoad,
  type KernelLoadFiles,
  type ObservedLoad,
} from './judge-kernel-load.ts';
import type { Judgement } from './judgement.ts';

/**
 * Holds a run of the firmware that went on from a snapshot against the same run from power-on. Where they
 * differ, no run that went on from one proves anything.
 *
 * @param load from power-on
 * @param forked the same case, gone on with
 */
export function judgeForkedLoad(
  { asked, observed }: JudgedLoad,
  { observed: forked }: JudgedLoad,
  files: KernelLoadFiles,
): Judgement {
  const difference = differenceOf(observed, forked);
  const isSame = difference === undefined;
  return {
    state: isSame ? 'pass' : 'vacuous',
    sentence: isSame
      ? `${asked.what}: ends the same where the firmware goes on from a snapshot`
      : `${asked.what}: ends otherwise where the firmware goes on from a snapshot: ${difference.what}`,
    expected: difference?.expected ?? describeRun(observed),
    observed: difference?.observed ?? describeRun(forked),
    witness: 'TPM command log',
    file: files.extends,
  };
}

type Difference = { readonly what: string; readonly expected: string; readonly observed: string };

function differenceOf(whole: ObservedLoad, forked: ObservedLoad): Difference | undefined {
  const [expected, observed] = [describeEnd(whole), describeEnd(forked)];
  if (expected !== observed) return { what: 'its end', expected, observed };
  if (Buffer.compare(whole.table, forked.table) !== 0) {
    const [table, other] = [whole, forked].map((run) => Buffer.from(run.table).toString('hex'));
    return { what: 'the table in memory', expected: table ?? '', observed: other ?? '' };
  }
  return firstOtherExtend(whole.extends, forked.extends);
}

function firstOtherExtend(
  whole: readonly PcrExtend[],
  forked: readonly PcrExtend[],
): Difference | undefined {
  const length = Math.max(whole.length, forked.length);
  for (let index = 0; index < length; index += 1) {
    const [expected, observed] = [describeExtend(whole[index]), describeExtend(forked[index])];
    if (expected !== observed) return { what: `extend ${index + 1}`, expected, observed };
  }
  return undefined;
}

function describeExtend(extend: PcrExtend | undefined): string {
  return extend === undefined
    ? 'none'
    : `PCR ${extend.pcr} with ${extend.digests['sha256'] ?? 'no SHA-256'}`;
}

function describeRun(run: ObservedLoad): string {
  return `${describeEnd(run)}, after ${run.extends.length} extends`;
}
