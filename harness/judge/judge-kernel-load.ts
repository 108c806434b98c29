import { printable } from '../bytes/format-error.ts';
import type { KernelLoad } from '../sev/blob-verifier.ts';
import type { PcrExtend } from '../tpm/pcr-extend.ts';
import type { Judgement } from './judgement.ts';

/** What a run of the firmware showed. */
export type ObservedLoad = {
  /** `started`: a program was measured, and the boot left to it. */
  readonly end: 'started' | 'halted';
  /** The firmware's program that the processor goes round in circles in; absent where it is none. */
  readonly stoppedIn: string | undefined;
  /** SHA-256 digests of the programs that PCR 4 was extended with, in lower-case hex. */
  readonly programs: readonly string[];
  /** All that the TPM was sent, in order. */
  readonly extends: readonly PcrExtend[];
  /** What the area for the table held at the end. */
  readonly table: Uint8Array;
  readonly console: readonly string[];
  /** SHA-256 of each file that QEMU was given, by what it is, as the file was after the run. */
  readonly given: Readonly<Record<string, string>>;
};

/** What a run was made for. */
export type KernelLoadCase = {
  /** What is the matter with it; begins a sentence. */
  readonly what: string;
  readonly wanted: 'booted' | 'refused';
  readonly predicted: KernelLoad;
  /** Authenticode SHA-256 of the program that would be started. */
  readonly program: string | undefined;
  /** What the area for the table was to hold. */
  readonly table: Uint8Array;
  /** SHA-256 of each file that QEMU was to be given, by what it is. */
  readonly given: Readonly<Record<string, string>>;
};

export type JudgedLoad = { readonly asked: KernelLoadCase; readonly observed: ObservedLoad };

/** Names of files of the run that show what was observed. */
export type KernelLoadFiles = {
  readonly code: string;
  readonly extends: string;
  readonly memory: string;
};

/** The firmware's program that fetches kernel, initrd and command line, and has them verified. */
export const LOADER = 'QemuKernelLoaderFsDxe';

/** The one that a boot ends in where there is nothing to boot. */
const BOOT_MANAGER = 'BdsDxe';

/** What the boot manager says before it stops. */
const NO_OPTION = 'No bootable option was found';

/**
 * Judges one run of the firmware: whether what was tampered with was consumed, whether the firmware did
 * what its source says, in the program that its source says, and whether that is what is wanted.
 *
 * @param twin the run that differs in what is tampered with, and must have booted
 */
export function judgeKernelLoad(
  load: JudgedLoad,
  twin: JudgedLoad | undefined,
  files: KernelLoadFiles,
): readonly Judgement[] {
  return [
    judgeConsumed(load, files),
    ...(twin === undefined ? [] : [judgeTwin(load, twin, files)]),
    judgeEnd(load, files),
    judgePrograms(load, files),
  ];
}

/** The table that the firmware read, and the files that QEMU read, are those that were meant. */
function judgeConsumed({ asked, observed }: JudgedLoad, files: KernelLoadFiles): Judgement {
  const differs = Object.keys({ ...asked.given, ...observed.given }).filter(
    (name) => asked.given[name] !== observed.given[name],
  );
  const isTable = Buffer.compare(asked.table, observed.table) === 0;
  const wrong = [...(isTable ? [] : ['the table in guest memory']), ...differs];
  const isConsumed = wrong.length === 0;
  return {
    state: isConsumed ? 'pass' : 'vacuous',
    sentence: isConsumed
      ? `${asked.what}: QEMU and the firmware were given what was meant`
      : `${asked.what}: not what was meant: ${wrong.join(', ')}`,
    expected: describeGiven(asked),
    observed: describeGiven(observed),
    witness: 'QMP',
    file: files.memory,
  };
}

function describeGiven({ table, given }: Pick<KernelLoadCase, 'table' | 'given'>): string {
  const used = Buffer.from(table)
    .toString('hex')
    .replace(/(?:00)+$/, '');
  const blobs = Object.entries(given).map(([name, sha256]) => `${name} ${sha256}`);
  return [`table ${used || 'none'}`, ...blobs].join('; ');
}

/** A refusal proves nothing where the firmware would refuse anything. */
function judgeTwin(load: JudgedLoad, twin: JudgedLoad, files: KernelLoadFiles): Judgement {
  const booted = isStarted(twin);
  return {
    state: booted ? 'pass' : 'vacuous',
    sentence: booted
      ? `${load.asked.what}: its twin, ${twin.asked.what}, boots`
      : `${load.asked.what}: its twin, ${twin.asked.what}, does not boot either`,
    expected: `PCR 4 with program ${twin.asked.program ?? 'of the twin'}`,
    observed: describePrograms(twin.observed),
    witness: 'TPM command log',
    file: files.extends,
  };
}

function isStarted({ asked, observed }: JudgedLoad): boolean {
  const [first] = observed.programs;
  return observed.end === 'started' && first !== undefined && first === asked.program;
}

/** Who ended the boot, and how. */
function judgeEnd({ asked, observed }: JudgedLoad, files: KernelLoadFiles): Judgement {
  const expected = describePrediction(asked.predicted);
  const seen = describeEnd(observed);
  const isPredicted = expected === seen;
  const isWanted = (observed.end === 'started') === (asked.wanted === 'booted');
  const state = isPredicted && isWanted ? 'pass' : 'fail';
  return {
    state,
    sentence: sentenceOf(asked, seen, isPredicted, isWanted),
    expected: isWanted ? expected : 'a refusal',
    observed: seen,
    witness: 'QMP',
    file: observed.end === 'started' ? files.extends : files.code,
  };
}

function sentenceOf(
  { what, wanted, predicted }: KernelLoadCase,
  seen: string,
  isPredicted: boolean,
  isWanted: boolean,
): string {
  if (!isPredicted) return `${what}: the firmware does not do what its source says: ${seen}`;
  if (isWanted) return wanted === 'booted' ? `${what}: boots` : `${what}: refused: ${seen}`;
  const unverified = predicted.kind === 'booted' ? predicted.unverified.join(', ') : '';
  return `${what}: boots, with ${unverified || 'nothing'} unverified`;
}

/** The same words for what was predicted and what was seen, so that they can be compared. */
function describePrediction(predicted: KernelLoad): string {
  switch (predicted.kind) {
    case 'booted':
      return 'a program is started';
    case 'stopped':
    case 'endless':
      return `${LOADER} goes round in circles`;
    case 'passed over':
      return `${BOOT_MANAGER} goes round in circles, and says that there is nothing to boot`;
  }
}

/** How a run ended, in the words of what was predicted. */
export function describeEnd({ end, stoppedIn, console }: ObservedLoad): string {
  if (end === 'started') return 'a program is started';
  const said = console.some((line) => line.includes(NO_OPTION));
  const words = said ? ', and says that there is nothing to boot' : '';
  return printable(`${stoppedIn ?? 'no program of the firmware'} goes round in circles${words}`);
}

/** The TPM is the second witness: what is started is measured before. */
function judgePrograms({ asked, observed }: JudgedLoad, files: KernelLoadFiles): Judgement {
  const isBoot = asked.predicted.kind === 'booted';
  const expected = isBoot ? [asked.program ?? 'a program'] : [];
  const seen = isBoot ? observed.programs.slice(0, 1) : observed.programs;
  const isSame = expected.join() === seen.join();
  const isWanted = seen.length > 0 === (asked.wanted === 'booted');
  return {
    state: isSame && isWanted ? 'pass' : 'fail',
    sentence: isSame
      ? `${asked.what}: the TPM ${isBoot ? 'was sent the program that is started' : 'was sent no program'}`
      : `${asked.what}: the TPM was not sent what was expected`,
    expected: isWanted ? expected.join(', ') || 'no program in PCR 4' : 'no program in PCR 4',
    observed: describePrograms(observed),
    witness: 'TPM command log',
    file: files.extends,
  };
}

function describePrograms({ programs }: ObservedLoad): string {
  return programs.length === 0 ? 'no program in PCR 4' : programs.join(', ');
}
