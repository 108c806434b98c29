import { printable } from '../bytes/format-error.ts';
import type { JudgedStart, StartFiles } from './judge-stub-start.ts';
import type { Judgement } from './judgement.ts';

/** A word that a command line may get from somebody. */
export type GivenWord = {
  readonly word: string;
  /** The SHA-256 digest with which it is measured in PCR 12 where it counts, lower-case hex. */
  readonly measured: string;
};

/** Judges that a word of somebody is in effect, and measured. */
export function judgeTaken(
  start: JudgedStart,
  given: GivenWord,
  files: StartFiles,
): readonly Judgement[] {
  return judgeTraces(start, given, true, files);
}

/**
 * Judges that a word of somebody has no effect and is not measured, and that it would have had in the twin.
 *
 * @param twin the start in which it counts
 * @param reached how it is seen that the bytes were there; absent where it is not seen
 */
export function judgeIgnored(
  start: JudgedStart,
  given: GivenWord,
  twin: JudgedStart,
  reached: string | undefined,
  files: StartFiles,
): readonly Judgement[] {
  const { what } = start;
  const { word } = given;
  const inTwin = isInCommandLine(twin, given) && isInPcr12(twin, given);
  return [
    {
      state: reached === undefined ? 'vacuous' : 'pass',
      sentence: printable(`${what}: ${reached ?? `nothing shows that ${word} was there`}`),
      expected: `${word} was there`,
      observed: printable(reached ?? 'nothing of it'),
      witness: 'console',
      file: files.console,
    },
    {
      state: inTwin ? 'pass' : 'vacuous',
      sentence: printable(
        `${what}: ${word} ${inTwin ? 'counts and is measured' : 'does not count'} in ${twin.what}`,
      ),
      expected: `${word} in the command line, and in PCR 12`,
      observed: printable(twin.commandLine || 'an empty one'),
      witness: 'console',
      file: files.console,
    },
    ...judgeTraces(start, given, false, files),
  ];
}

/** A word that counts leaves two traces, and one that does not leaves none: each is judged by itself. */
function judgeTraces(
  start: JudgedStart,
  given: GivenWord,
  isWanted: boolean,
  files: StartFiles,
): readonly Judgement[] {
  const { what } = start;
  const { word } = given;
  const isTaken = isInCommandLine(start, given);
  const isMeasured = isInPcr12(start, given);
  return [
    {
      ...judgePresence(
        isTaken,
        isWanted,
        (is) => `a command line ${is ? 'with' : 'without'} ${word}`,
      ),
      sentence: `${what}: ${word} ${isTaken ? 'is' : 'is not'} in the kernel’s command line`,
      witness: 'console',
      file: files.console,
    },
    {
      ...judgePresence(
        isMeasured,
        isWanted,
        (is) => `PCR 12 ${is ? 'with' : 'without'} its digest`,
      ),
      sentence: `${what}: PCR 12 ${isMeasured ? 'has' : 'has not'} what ${word} is measured with`,
      witness: 'TPM command log',
      file: files.extends,
    },
  ];
}

function judgePresence(
  isThere: boolean,
  isWanted: boolean,
  say: (isThere: boolean) => string,
): Pick<Judgement, 'state' | 'expected' | 'observed'> {
  const state = isThere === isWanted ? 'pass' : 'fail';
  return { state, expected: say(isWanted), observed: say(isThere) };
}

function isInCommandLine({ commandLine }: JudgedStart, { word }: GivenWord): boolean {
  return commandLine.split(' ').includes(word);
}

function isInPcr12({ extended }: JudgedStart, { measured }: GivenWord): boolean {
  return extended.some(({ pcr, sha256 }) => pcr === 12 && sha256 === measured);
}
