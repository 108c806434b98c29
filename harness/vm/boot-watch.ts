import type { PcrExtend } from '../tpm/pcr-extend.ts';

/** What a run shows of itself while it lasts. */
export type SeenBoot = {
  /** What the TPM was sent, in order. */
  readonly extends: readonly PcrExtend[];
  readonly console: readonly string[];
};

/** Takes down what a run shows, and says when that was enough. */
export class BootWatch implements SeenBoot {
  readonly extends: PcrExtend[] = [];
  readonly console: string[] = [];
  /** How much was seen. */
  signs = 0;
  /** Resolves when what is waited for has been seen, or the machine has ended itself. */
  readonly end: Promise<'over' | 'shut down'>;
  readonly #isOver: (seen: SeenBoot) => boolean;
  readonly #resolve: (end: 'over' | 'shut down') => void;

  /** @param isOver whether what is waited for has been seen; asked after each line and each extend */
  constructor(isOver: (seen: SeenBoot) => boolean) {
    const { promise, resolve } = Promise.withResolvers<'over' | 'shut down'>();
    this.end = promise;
    this.#resolve = resolve;
    this.#isOver = isOver;
  }

  line(line: string): void {
    this.console.push(line);
    this.#ask();
  }

  extend(extend: PcrExtend): void {
    this.extends.push(extend);
    this.#ask();
  }

  /** Takes down extends until they end, or are ended by their signal. */
  async hear(extended: AsyncIterable<PcrExtend>): Promise<void> {
    try {
      for await (const extend of extended) this.extend(extend);
    } catch {
      // The signal that ends them is all that they throw.
    }
  }

  shutDown(): void {
    this.#resolve('shut down');
  }

  #ask(): void {
    this.signs += 1;
    if (this.#isOver(this)) this.#resolve('over');
  }
}
