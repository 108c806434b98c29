import type { Command } from '../../harness/host/tools.ts';
import type { Comparison } from './statistic.ts';

/** Two commands that do the same work. */
export type Pair = {
  readonly ours: Command;
  readonly peer: Command;
  /** What both print has been seen to agree. */
  readonly agree: (ours: string, peer: string) => Agreement | Promise<Agreement>;
};

/** `true`, or what differs in a sentence. */
export type Agreement = true | string;

/** A comparison with a peer. */
export type Job = {
  readonly name: string;
  /** Our work, and the peer's, in a few words each. */
  readonly ours: string;
  readonly peer: string;
  /**
   * Makes the inputs.
   *
   * @param folder absolute path of an empty folder, which is removed afterwards
   * @throws EnvironmentError where the peer, or an input that is not made here, is not there
   */
  readonly prepare: (folder: string) => Pair | Promise<Pair>;
};

/** How a job ended. */
export type Outcome =
  | { readonly kind: 'compared'; readonly comparison: Comparison }
  | { readonly kind: 'not counted'; readonly why: string }
  | { readonly kind: 'wrong'; readonly why: string };

export type Result = {
  readonly job: Pick<Job, 'name' | 'ours' | 'peer'>;
  readonly outcome: Outcome;
};
