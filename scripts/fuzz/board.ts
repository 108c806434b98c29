/** Largest input in bytes that the board holds. */
const MOST_BYTES = 4 << 20;

const INPUTS = 0;
const LENGTH = 1;
const BEHAVIOURS = 2;
const STOP = 3;
const CELLS = 4;

/**
 * What a worker and the one who watches it share. A worker that hangs or dies cannot tell what it was
 * doing: its input stands here before the reader gets it.
 */
export class Board {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #input: Uint8Array<SharedArrayBuffer>;

  /** @param memory of a board in another thread; a new board where left out */
  constructor(memory = new SharedArrayBuffer(CELLS * 4 + MOST_BYTES)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory, 0, CELLS);
    this.#input = new Uint8Array(memory, CELLS * 4);
  }

  /** Number of inputs that were begun. */
  get inputs(): number {
    return Atomics.load(this.#cells, INPUTS);
  }

  get behaviours(): number {
    return Atomics.load(this.#cells, BEHAVIOURS);
  }

  /** Asks the worker to end behind the input that it is at. */
  stop(): void {
    Atomics.store(this.#cells, STOP, 1);
  }

  get isStopped(): boolean {
    return Atomics.load(this.#cells, STOP) === 1;
  }

  /** Puts the next input on the board. */
  begin(input: Uint8Array, behaviours: number): void {
    this.#input.set(input);
    Atomics.store(this.#cells, LENGTH, input.length);
    Atomics.store(this.#cells, BEHAVIOURS, behaviours);
    Atomics.add(this.#cells, INPUTS, 1);
  }

  /** A copy of the input that was put there last. */
  get input(): Uint8Array {
    return Uint8Array.from(this.#input.subarray(0, Atomics.load(this.#cells, LENGTH)));
  }
}
