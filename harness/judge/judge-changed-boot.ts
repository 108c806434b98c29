import { printable } from '../bytes/format-error.ts';
import type { FoundCorrupt } from '../verity/forecast-read.ts';
import type { Judgement } from './judgement.ts';
import { quotedLine } from './quoted-line.ts';

/** How a boot is to end. */
export type BootForecast =
  | { readonly end: 'booted' }
  | {
      readonly end: 'refused';
      /** The component that refuses. */
      readonly by: string;
      /** What it finds, where that is dm-verity. */
      readonly corrupt?: FoundCorrupt;
      /** How the machine ends; where nothing is said, that is not waited for. */
      readonly machine?: 'power-off' | 'restart' | 'panic';
    };

/** How a boot ended. */
export type ObservedBoot = {
  readonly end: 'booted' | 'refused' | 'halted';
  /** The stage that was seen last. */
  readonly stage: string;
  /** Who refused, and the line that says so; where nobody did, what became of the VM. */
  readonly by: string | undefined;
  readonly line: string;
  /** What became of the machine, where its end was waited for. */
  readonly machine?: 'power-off' | 'restart' | 'panic' | 'nothing in time';
};

/** A boot that something was changed for. */
export type ChangedBoot = {
  /** What was changed; begins a sentence. */
  readonly what: string;
  readonly forecast: BootForecast;
  readonly observed: ObservedBoot;
};

/** Stages in which the root file system has not been started from. */
const BEFORE_ROOT = new Set(['firmware', 'boot-loader', 'kernel', 'initrd']);

/**
 * Judges how a boot ended: as was forecast, by the component that was forecast, at the block that was
 * forecast, and before anything of the root ran; and that the same boot without the change comes up.
 *
 * @param twin the boot that nothing was changed for
 * @param file of the evidence with the console
 */
export function judgeChangedBoot(
  boot: ChangedBoot,
  twin: ChangedBoot | undefined,
  file: string,
): readonly Judgement[] {
  return [judgeEnd(boot, file), ...(twin === undefined ? [] : [judgeTwin(boot, twin, file)])];
}

function judgeEnd({ what, forecast, observed }: ChangedBoot, file: string): Judgement {
  const expected = describeForecast(forecast);
  const seen = describeObserved(observed, forecast);
  const isForecast = expected === seen;
  return {
    state: isForecast ? 'pass' : 'fail',
    sentence: isForecast ? `${what}: ${seen}` : `${what}: not as forecast: ${seen}`,
    expected,
    observed: `${seen}: ${quotedLine(observed.line)}`,
    witness: 'console',
    file,
  };
}

/** A refusal proves nothing where anything would be refused. */
function judgeTwin({ what }: ChangedBoot, twin: ChangedBoot, file: string): Judgement {
  const isUp = twin.observed.end === 'booted';
  return {
    state: isUp ? 'pass' : 'vacuous',
    sentence: isUp
      ? `${what}: its twin, ${twin.what}, boots`
      : `${what}: its twin, ${twin.what}, does not boot either`,
    expected: 'a boot that comes up',
    observed: quotedLine(twin.observed.line),
    witness: 'console',
    file,
  };
}

/** The same words for what was forecast and what was seen, so that they can be compared. */
function describeForecast(forecast: BootForecast): string {
  if (forecast.end === 'booted') return 'boots';
  const { by, corrupt, machine } = forecast;
  return refusal(
    by,
    corrupt && `${corrupt.kind} block ${corrupt.block}`,
    'before the root runs',
    machine,
  );
}

function describeObserved(observed: ObservedBoot, forecast: BootForecast): string {
  const { end, stage, by, line, machine } = observed;
  if (end === 'booted') return 'boots';
  const when = BEFORE_ROOT.has(stage) ? 'before the root runs' : `in stage ${stage}`;
  const isWaited = forecast.end === 'refused' && forecast.machine !== undefined;
  const block = /verity: \S+: ((?:data|metadata) block \d+) is corrupted/.exec(line)?.[1];
  return refusal(by ?? 'nobody', block, when, isWaited ? machine : undefined);
}

function refusal(by: string, block: string | undefined, when: string, machine: string | undefined) {
  const found = block === undefined ? '' : ` at ${block}`;
  return `${by} refuses${found}, ${when}${machine === undefined ? '' : `; then ${machine}`}`;
}

/** What a guest that came up says of its root. */
export type BootedRoot = {
  /** The beginning of the file that may have been changed, or how reading it failed. */
  readonly file: string;
  /** Devices that the root's dm-verity device lies upon, sorted. */
  readonly devices: readonly string[];
  /** Whether the guest has seen the change; absent where that was not asked. */
  readonly hasSeen?: boolean;
};

/**
 * Judges a boot that came up: its root is made of the partitions that are meant, with the bytes that are
 * meant, and the change was there to be seen.
 *
 * @param expected what the guest should say
 * @param file of the evidence with what it says
 */
export function judgeBootedRoot(
  what: string,
  expected: BootedRoot,
  observed: BootedRoot,
  file: string,
): readonly Judgement[] {
  const words = ({ file: read, devices }: BootedRoot) => `${read}; ${devices.join(', ')}`;
  const isSame = words(expected) === words(observed);
  const common = { witness: 'guest command', file } as const;
  const root: Judgement = {
    ...common,
    state: isSame ? 'pass' : 'fail',
    sentence: `${what}: the guest ${isSame ? 'has the root that is meant' : 'has another root than is meant'}`,
    expected: words(expected),
    observed: printable(words(observed)),
  };
  if (observed.hasSeen !== false) return [root];
  const unseen: Judgement = {
    ...common,
    state: 'vacuous',
    sentence: `${what}: the guest has not seen the change`,
    expected: 'a guest that has seen the change',
    observed: 'one that has not',
  };
  return [root, unseen];
}

/**
 * Judges a judgement on a root without dm-verity, which has to say that it is not as meant: one that passes
 * there passes anything.
 */
export function judgeFoundOut(judged: Judgement): Judgement {
  const isFound = judged.state === 'fail';
  return {
    ...judged,
    state: isFound ? 'pass' : 'fail',
    sentence: isFound ? `found out: ${judged.sentence}` : `not found out: ${judged.sentence}`,
    expected: 'a root that is not as meant',
  };
}

/**
 * Judges that a sector that cannot be read is not called corrupt.
 *
 * @param console lines of the boot
 * @param file of the evidence with them
 */
export function judgeNotCorrupt(
  what: string,
  console: readonly string[],
  file: string,
): readonly Judgement[] {
  const failed = console.find((line) => /I\/O error, dev \w+, sector \d+/.test(line));
  const corrupt = console.find((line) => /verity: .* is corrupted/.test(line));
  const state = corrupt !== undefined ? 'fail' : failed === undefined ? 'vacuous' : 'pass';
  const sentences = {
    pass: 'the kernel says that it cannot be read, and not that it is corrupt',
    fail: 'the kernel takes it for corruption',
    vacuous: 'the kernel has not met it',
  };
  return [
    {
      state,
      sentence: `${what}: ${sentences[state]}`,
      expected: 'I/O error, and nothing corrupt',
      observed: quotedLine(corrupt ?? failed ?? 'neither'),
      witness: 'console',
      file,
    },
  ];
}
