import { printable } from '../bytes/format-error.ts';
import type { Judgement } from './judgement.ts';

/** One extend of a PCR that is forecast. */
export type ForecastExtend = {
  readonly pcr: number;
  /** Who is to make it, and what it is, for people. */
  readonly agent: string;
  readonly description: string;
  /** SHA-256 digest, lower-case hex. */
  readonly sha256: string;
};

/** What was computed of a start: all that is measured until the kernel begins, and its command line. */
export type ExpectedStart = {
  readonly events: readonly ForecastExtend[];
  /** PCRs of which something could not be computed. */
  readonly unknown: readonly number[];
  readonly commandLine: string;
};

/** A start of a UKI or a kernel, as it was computed and as it was. */
export type JudgedStart = {
  /** Begins a sentence. */
  readonly what: string;
  readonly expected: ExpectedStart;
  /** The TPM's commands until the kernel began. */
  readonly extended: readonly { readonly pcr: number; readonly sha256: string }[];
  /** What the kernel was given. */
  readonly commandLine: string;
  readonly console: readonly string[];
};

/** Names of files of the run that show what was observed. */
export type StartFiles = { readonly console: string; readonly extends: string };

/** Judges PCRs of a start against the forecast, event by event. */
export function judgeMeasured(
  start: JudgedStart,
  pcrs: readonly number[],
  files: StartFiles,
): readonly Judgement[] {
  return pcrs.map((pcr) => judgeSequence(start, pcr, files));
}

function judgeSequence(
  { what, expected, extended }: JudgedStart,
  pcr: number,
  files: StartFiles,
): Judgement {
  const wanted = expected.events.filter((event) => event.pcr === pcr);
  const seen = extended.filter((event) => event.pcr === pcr);
  const about = { witness: 'TPM command log', file: files.extends } as const;
  if (expected.unknown.includes(pcr)) {
    const sentence = printable(`${what}: PCR ${pcr} could not be computed`);
    return { state: 'fail', sentence, expected: 'a forecast', observed: 'none', ...about };
  }
  const length = Math.max(wanted.length, seen.length);
  const at = Array.from({ length }).findIndex(
    (_, index) => wanted[index]?.sha256 !== seen[index]?.sha256,
  );
  if (at < 0) {
    const events = `${seen.length} events`;
    const sentence = printable(`${what}: PCR ${pcr} gets ${events}, as computed`);
    return { state: 'pass', sentence, expected: events, observed: events, ...about };
  }
  const next = wanted[at];
  return {
    state: 'fail',
    sentence: printable(`${what}: PCR ${pcr} differs from the forecast at number ${at}`),
    expected: printable(next ? `${next.agent}: ${next.description} ${next.sha256}` : 'no more'),
    observed: seen[at]?.sha256 ?? 'no more',
    ...about,
  };
}

/** Judges the command line that the kernel was given against the forecast. */
export function judgeCommandLine(
  { what, expected, commandLine }: JudgedStart,
  files: StartFiles,
): Judgement {
  const isSame = expected.commandLine === commandLine;
  return {
    state: isSame ? 'pass' : 'fail',
    sentence: printable(
      `${what}: the kernel’s command line is ${isSame ? 'as computed' : 'another one'}`,
    ),
    expected: printable(expected.commandLine || 'an empty one'),
    observed: printable(commandLine || 'an empty one'),
    witness: 'console',
    file: files.console,
  };
}

/**
 * Judges that something that lies beside a UKI is measured as computed, and is not where it does not lie.
 *
 * @param without the start of a UKI beside which it does not lie
 * @param part the PCR, and how the description of its event begins
 */
export function judgePart(
  { what, expected, extended }: JudgedStart,
  without: JudgedStart,
  part: { readonly pcr: number; readonly what: string },
  files: StartFiles,
): Judgement {
  const isOf = ({ pcr, description }: ForecastExtend) =>
    pcr === part.pcr && description.startsWith(part.what);
  const wanted = expected.events.find(isOf);
  const isIn = (of: JudgedStart['extended']) =>
    of.some(({ pcr, sha256 }) => pcr === part.pcr && sha256 === wanted?.sha256);
  const isMeasured = isIn(extended);
  const isElsewhere = isIn(without.extended);
  const about = `PCR ${part.pcr} ${isMeasured ? 'has' : 'has not'} the ${part.what}`;
  const twin = isElsewhere ? `, and so has ${without.what}, where it is not` : '';
  return {
    state: isMeasured && !isElsewhere ? 'pass' : 'fail',
    sentence: printable(`${what}: ${about}${twin}`),
    expected: printable(wanted ? `${wanted.description} ${wanted.sha256}` : 'a forecast of it'),
    observed: isMeasured ? 'its digest' : 'other digests',
    witness: 'TPM command log',
    file: files.extends,
  };
}
