import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';
import {
  describeOutcome,
  type JudgedTrial,
  type TrialFiles,
  type TrialLoader,
  type TrialReport,
} from './trial-report.ts';

/**
 * What LoadImage() returns of an image that is not trusted: the firmware's, and shim's in its place, which
 * has words of its own for what makes no sense.
 */
const REFUSALS: Readonly<Record<TrialLoader, readonly string[]>> = {
  firmware: ['EFI_ACCESS_DENIED'],
  shim: ['EFI_SECURITY_VIOLATION', 'EFI_INVALID_PARAMETER', 'EFI_UNSUPPORTED'],
};

/**
 * Judges one image of a run: whether these bytes were loaded, whether its twin starts, and whether it came
 * out as forecast and as wanted.
 *
 * @param wanted what a requirement wants of the image
 * @param twin the image that differs in what is tampered with, and must start
 */
export function judgeTrial(
  report: TrialReport,
  trial: JudgedTrial,
  wanted: 'started' | 'refused',
  twin: JudgedTrial | undefined,
  files: TrialFiles,
): readonly Judgement[] {
  return [
    judgeConsumed(report, trial, files),
    ...(twin === undefined ? [] : [judgeTwin(trial, twin, files)]),
    judgeOutcome(report, trial, wanted, files),
  ];
}

/** The image is a part of the conductor, whose digest the firmware took before it started it. */
function judgeConsumed(
  { conductor, measured, trials }: TrialReport,
  { what }: JudgedTrial,
  files: TrialFiles,
): Judgement {
  const isMeasured = measured.pcr4.includes(conductor);
  return {
    state: isMeasured ? 'pass' : 'vacuous',
    sentence: isMeasured
      ? `${what}: the program that holds its bytes was measured, and gave them to LoadImage()`
      : `${what}: the program that holds its bytes was never started`,
    expected: isMeasured ? 'its digest in PCR 4' : `PCR 4 with ${conductor}`,
    observed: isMeasured
      ? `that, and what became of ${trials.length} images`
      : `PCR 4 with ${measured.pcr4.join(', ') || 'nothing'}`,
    witness: 'TPM command log',
    file: files.extends,
  };
}

function judgeTwin(
  { what }: JudgedTrial,
  { what: other, observed }: JudgedTrial,
  files: TrialFiles,
): Judgement {
  return {
    state: observed.started ? 'pass' : 'vacuous',
    sentence: observed.started
      ? `${what}: its twin, ${other}, starts`
      : `${what}: its twin, ${other}, does not start either`,
    expected: 'started',
    observed: describeOutcome(observed),
    witness: 'console',
    file: files.console,
  };
}

function judgeOutcome(
  { loader }: TrialReport,
  { what, predicted, observed }: JudgedTrial,
  wanted: 'started' | 'refused',
  files: TrialFiles,
): Judgement {
  const refusals = REFUSALS[loader].map((status) => `refused by ${loader} with ${status}`);
  const expected = wanted === 'started' ? ['started'] : refusals;
  const seen = observed.started ? 'started' : `refused by ${loader} with ${observed.status}`;
  const isPredicted = predicted.boots === observed.started;
  const isWanted = expected.includes(seen);
  return {
    state: isWanted && isPredicted ? 'pass' : 'fail',
    sentence: outcomeSentence(what, predicted, { seen, isWanted, isPredicted }),
    expected: expected.join(', or '),
    observed: seen,
    witness: 'console',
    file: files.console,
  };
}

function outcomeSentence(
  what: string,
  predicted: JudgedTrial['predicted'],
  { seen, isWanted, isPredicted }: { seen: string; isWanted: boolean; isPredicted: boolean },
): string {
  if (!isPredicted) {
    const forecast = predicted.boots ? 'it would start' : `a refusal (${predicted.reason})`;
    return printable(`${what}: the forecast was ${forecast}, and it is ${seen}`);
  }
  if (!isWanted) return printable(`${what}: ${seen}`);
  return predicted.boots ? `${what}: starts` : printable(`${what}: ${seen}: ${predicted.reason}`);
}
