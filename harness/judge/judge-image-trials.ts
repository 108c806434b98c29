import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** Who loads the images of a run. */
export type TrialLoader = 'firmware' | 'shim';

/** An image that was to be started: what was forecast, and what became of it. */
export type JudgedTrial = {
  /** What it is; begins a sentence. */
  readonly what: string;
  readonly predicted: { readonly boots: boolean; readonly reason: string };
  /** Whether its own code ran, and the name or number of the status with which it was not even loaded. */
  readonly observed: { readonly started: boolean; readonly status: string };
  /** Authenticode SHA-256, lower-case hex; absent where the file is no PE image. */
  readonly digest: string | undefined;
};

/** All that one firmware, or one shim, made of its images. */
export type TrialReport = {
  /** Name of the variable store. */
  readonly store: string;
  readonly loader: TrialLoader;
  readonly trials: readonly JudgedTrial[];
  /** Authenticode SHA-256 of the program that holds the images. */
  readonly conductor: string;
  /** SHA-256 digests in the TPM's commands: programs in PCR 4, and all that PCR 7 gets. */
  readonly measured: { readonly pcr4: readonly string[]; readonly pcr7: readonly string[] };
  /** What was forecast of them. */
  readonly expected: { readonly pcr4: readonly string[]; readonly pcr7: readonly string[] };
};

/** Names of files of the run that show what was observed. */
export type TrialFiles = { readonly console: string; readonly extends: string };

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
    expected: `PCR 4 with ${conductor}`,
    observed: isMeasured ? `that, and what became of ${trials.length} images` : 'another program',
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
    observed: describe(observed),
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

/**
 * Judges a whole run: the forecast of every image, and of what is measured for all of them.
 *
 * @returns one judgement on the images, one on PCR 7, and one on PCR 4
 */
export function judgeAgreement(report: TrialReport, files: TrialFiles): readonly Judgement[] {
  const { trials, measured, expected, loader, store } = report;
  const wrong = trials.filter(({ predicted, observed }) => predicted.boots !== observed.started);
  const started = trials.filter(({ observed }) => observed.started).length;
  const about = `${loader} with ${store}`;
  return [
    {
      state: wrong.length === 0 && started > 0 ? 'pass' : 'fail',
      sentence:
        wrong.length === 0
          ? `${about}: ${trials.length} images come out as forecast, of which ${started} start`
          : printable(`${about}: ${wrong.length} of ${trials.length} images come out otherwise`),
      expected: wrong.map(describeForecast).join('; ') || `${started} images start`,
      observed:
        wrong.map(({ what, observed }) => `${what}: ${describe(observed)}`).join('; ') ||
        `${started} images start`,
      witness: 'console',
      file: files.console,
    },
    sequence('PCR 7', 'events', about, expected.pcr7, measured.pcr7, files),
    sequence('PCR 4', 'programs', about, expected.pcr4, measured.pcr4, files),
  ];
}

/**
 * Judges whether PCR 7 tells one state of Secure Boot from another.
 *
 * @param usual the run whose state differs
 */
export function judgeOtherPolicy(
  report: TrialReport,
  usual: TrialReport,
  files: TrialFiles,
): Judgement {
  const [own, other] = [report.measured.pcr7, usual.measured.pcr7];
  const differs = own.join() !== other.join() && own.length > 0 && other.length > 0;
  return {
    state: differs ? 'pass' : 'fail',
    sentence: differs
      ? `PCR 7 tells ${report.store} from ${usual.store}`
      : `PCR 7 is the same with ${report.store} as with ${usual.store}`,
    expected: `other events than ${other.join(', ')}`,
    observed: own.join(', '),
    witness: 'TPM command log',
    file: files.extends,
  };
}

function sequence(
  pcr: string,
  what: string,
  about: string,
  expected: readonly string[],
  observed: readonly string[],
  files: TrialFiles,
): Judgement {
  const isSame = expected.join() === observed.join();
  const at = expected.findIndex((digest, index) => digest !== observed[index]);
  const where = at < 0 ? expected.length : at;
  const count = `${expected.length} ${what}`;
  return {
    state: isSame ? 'pass' : 'fail',
    sentence: isSame
      ? `${about}: ${pcr} gets ${count}, as forecast and in that order`
      : `${about}: ${pcr} differs from the forecast at number ${where}`,
    expected: isSame ? count : (expected[where] ?? 'nothing more'),
    observed: isSame ? count : (observed[where] ?? 'nothing more'),
    witness: 'TPM command log',
    file: files.extends,
  };
}

function describe({ started, status }: JudgedTrial['observed']): string {
  return started ? 'started' : `refused with ${status}`;
}

function describeForecast({ what, predicted }: JudgedTrial): string {
  return printable(`${what}: ${predicted.boots ? 'starts' : predicted.reason}`);
}
