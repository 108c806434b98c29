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

/** What became of an image, for people. */
export function describeOutcome({ started, status }: JudgedTrial['observed']): string {
  return started ? 'started' : `refused with ${status}`;
}
