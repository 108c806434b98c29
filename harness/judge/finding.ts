/**
 * What became of a requirement. `error` is the harness's or the host's fault and never a verdict
 * about the image; `vacuous` is a negative test that proved nothing, and counts as failure.
 */
export const STATES = ['pass', 'fail', 'vacuous', 'error', 'flaky', 'skip', 'not-tested'] as const;

export type State = (typeof STATES)[number];

/** Where an observation comes from. */
export type Witness =
  | 'guest command'
  | 'event log'
  | 'TPM command log'
  | 'console'
  | 'QMP'
  | 'host file';

/** One judgement on one requirement, with what it rests on. */
export type Finding = {
  /** Id of the requirement, e.g. `CVM-MB-001`. */
  readonly requirement: string;
  /** Name of the machine that was booted, or `null` where nothing was. */
  readonly machine: string | null;
  readonly state: State;
  /** What was judged, and for anything but a pass why it came out so; one sentence. */
  readonly sentence: string;
  readonly expected: string;
  readonly observed: string;
  readonly witness: Witness;
  /** File that shows the observation, relative to the run's directory; `null` where there is none. */
  readonly evidence: string | null;
  /** Command that shows it again; `null` where there is none. */
  readonly reproduce: string | null;
};
