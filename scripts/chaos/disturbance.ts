import type { Random } from '../../harness/bytes/seeded-random.ts';

/** Who is killed. */
export const VICTIMS = ['harness', 'qemu-system-x86_64', 'swtpm'] as const;
export type Victim = (typeof VICTIMS)[number];

/** Directories of a harness that may be full or read-only. */
export const PLACES = ['run', 'logs', 'cache'] as const;
export type Place = (typeof PLACES)[number];

/** What happens to a harness while it boots a VM. */
export type Disturbance =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'kill';
      readonly victim: Victim;
      readonly signal: NodeJS.Signals;
      readonly at: Moment;
    }
  | { readonly kind: 'full disk'; readonly place: Place; readonly kib: number }
  | { readonly kind: 'read-only'; readonly place: Place }
  | { readonly kind: 'few files'; readonly files: number }
  | { readonly kind: 'clock jump'; readonly at: Moment; readonly hours: number };

/**
 * A moment in the life of a harness: the share of it that is over, in thousandths. How long it lives the host
 * decides, and what else it has to do.
 */
export type Moment = number;
const THOUSANDTHS = 1_000;

/** With fewer Node.js 24 itself dies: of SIGABRT below 16, of SIGSEGV with 16 to 20. */
const FEWEST_FILES = 21;
const MOST_FILES = 80;

const YEAR_HOURS = 365 * 24;
const LARGEST_DISK_KIB = 2_048;

/** One disturbance in so many runs is none: what is done to a harness must not be all it ends by. */
const UNDISTURBED = 10;

/** What happens in a run, given random numbers of its own. */
export function chooseDisturbance(random: Random): Disturbance {
  if (random.below(UNDISTURBED) === 0) return { kind: 'nothing' };
  // Half of all are kills.
  switch (random.below(8)) {
    case 0:
      return {
        kind: 'full disk',
        place: random.pick(PLACES),
        kib: 4 + random.below(LARGEST_DISK_KIB),
      };
    case 1:
      return { kind: 'read-only', place: random.pick(PLACES) };
    case 2:
      return { kind: 'few files', files: FEWEST_FILES + random.below(MOST_FILES - FEWEST_FILES) };
    case 3: {
      const hours = random.below(2 * YEAR_HOURS) - YEAR_HOURS;
      return { kind: 'clock jump', at: random.below(THOUSANDTHS), hours };
    }
    default:
      return {
        kind: 'kill',
        victim: random.pick(VICTIMS),
        signal: random.pick(['SIGINT', 'SIGTERM', 'SIGKILL'] as const),
        at: random.below(THOUSANDTHS),
      };
  }
}

/** In a few words. */
export function describeDisturbance(disturbance: Disturbance): string {
  switch (disturbance.kind) {
    case 'nothing':
      return 'nothing';
    case 'kill':
      return `${disturbance.signal} to ${disturbance.victim} at ${inPercent(disturbance.at)}`;
    case 'full disk':
      return `${disturbance.place} on a disk of ${disturbance.kib} KiB`;
    case 'read-only':
      return `${disturbance.place} on a read-only disk`;
    case 'few files':
      return `${disturbance.files} open files at most`;
    case 'clock jump':
      return `the clock jumps by ${disturbance.hours} h at ${inPercent(disturbance.at)}`;
  }
}

function inPercent(at: Moment): string {
  return `${(at / 10).toFixed(1)} % of its life`;
}

/**
 * When a moment is.
 *
 * @param lifeMs how long a harness lives that nobody disturbs, in milliseconds
 * @returns milliseconds from its start
 */
export function msUntil(at: Moment, lifeMs: number): number {
  return (at / THOUSANDTHS) * lifeMs;
}

/** What it has in common with others, in a few words. */
export function kindOfDisturbance(disturbance: Disturbance): string {
  switch (disturbance.kind) {
    case 'kill':
      return `${disturbance.signal} to ${disturbance.victim}`;
    case 'full disk':
    case 'read-only':
      return `${disturbance.kind} for ${disturbance.place}`;
    default:
      return disturbance.kind;
  }
}

/** Whether it needs to mount a file system, which root alone may. */
export function needsRoot({ kind }: Disturbance): boolean {
  return kind === 'full disk' || kind === 'read-only';
}
