const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Exit code of a harness that was interrupted. */
export const INTERRUPTED_EXIT_CODE = 130;

/** npm hands Ctrl-C on to the script, which had it from the terminal already: within this time one is meant. */
const SAME_MS = 500;

/** Somebody asked the harness to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly signal: NodeJS.Signals;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.signal = signal;
  }
}

/**
 * Turns Ctrl-C, SIGTERM and SIGHUP into an abort signal: the first ends what is under way with an
 * {@link Interrupted}, so that everything is cleaned up; a second, half a second later or more, ends the
 * process at once, and the reaper cleans up.
 */
export class Interrupt implements Disposable {
  readonly #controller = new AbortController();
  readonly #listener = (signal: NodeJS.Signals) => this.#receive(signal);
  #firstAtMs: number | undefined;

  constructor() {
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Aborts at the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the signals their usual meaning back. */
  [Symbol.dispose](): void {
    for (const signal of SIGNALS) process.off(signal, this.#listener);
  }

  #receive(signal: NodeJS.Signals): void {
    const now = performance.now();
    if (this.#firstAtMs === undefined) {
      this.#firstAtMs = now;
      this.#controller.abort(new Interrupted(signal));
    } else if (now - this.#firstAtMs > SAME_MS) {
      process.exit(INTERRUPTED_EXIT_CODE);
    }
  }
}
