import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';
import {
  describeOutcome,
  type JudgedTrial,
  type TrialFiles,
  type TrialReport,
} from './trial-report.ts';

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
        wrong.map(({ what, observed }) => `${what}: ${describeOutcome(observed)}`).join('; ') ||
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

function describeForecast({ what, predicted }: JudgedTrial): string {
  return printable(`${what}: ${predicted.boots ? 'starts' : predicted.reason}`);
}
