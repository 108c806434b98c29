/** Milliseconds since a VM was switched on; 0 before. */
export type Elapsed = () => number;

/** Time since a VM was switched on, by the host's monotonic clock. */
export class Stopwatch {
  #startedAt: number | undefined;

  start(): void {
    this.#startedAt = performance.now();
  }

  readonly elapsed: Elapsed = () =>
    this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
}
