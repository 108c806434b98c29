/** A bound that the project has set itself, on two cores without hardware virtualisation. */
export type Goal = {
  readonly name: string;
  /** What is measured, in a few words. */
  readonly what: string;
  readonly unit: 's' | '%' | 'MiB';
  readonly atMost: number;
  /**
   * Measures it.
   *
   * @param folder absolute path of an empty folder, which is removed afterwards
   * @param signal ends it
   * @returns one figure for each time that it was measured, in {@link unit}
   * @throws EnvironmentError where it cannot be measured here
   */
  readonly measure: (folder: string, signal: AbortSignal) => Promise<readonly number[]>;
};

/** What a goal came to. */
export type GoalResult = {
  readonly goal: Pick<Goal, 'name' | 'what' | 'unit' | 'atMost'>;
  readonly outcome:
    | {
        readonly kind: 'measured';
        readonly median: number;
        readonly runs: number;
        readonly load: number;
      }
    | { readonly kind: 'not counted'; readonly why: string };
};
