/** What a host has to give, or what a VM takes of it. */
export type Resources = {
  /** Processors that are busy at once. */
  readonly cores: number;
  readonly memoryMiB: number;
};

/** Somebody who wants to be let in. */
export type Entrant = Resources & {
  /** How long it is expected to stay; who stays longest is let in first. */
  readonly seconds?: number;
  readonly signal?: AbortSignal | undefined;
};

type Waiting = Resources & { readonly seconds: number; readonly letIn: () => void };

/**
 * Lets in as many VMs at once as a host has processors and memory for. Of those that wait, the one that
 * stays longest goes first, and a shorter one that still fits beside it.
 */
export class Admission {
  readonly #all: Resources;
  readonly #waiting: Waiting[] = [];
  #free: Resources;
  #places: number;

  /** @param places how many at once at most, whatever they take */
  constructor(all: Resources, places: number) {
    this.#all = all;
    this.#free = all;
    this.#places = places;
  }

  /**
   * Waits until there is room. Who wants more than there is gets all of it, and is alone.
   *
   * @returns dispose of it on the way out
   * @throws the signal's reason where that aborts before there is room
   */
  async enter({ cores, memoryMiB, seconds = 0, signal }: Entrant): Promise<Disposable> {
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const share = {
      cores: Math.min(cores, this.#all.cores),
      memoryMiB: Math.min(memoryMiB, this.#all.memoryMiB),
    };
    const waiting = { ...share, seconds, letIn: resolve };
    const giveUp = () => {
      this.#remove(waiting);
      reject(signal?.reason);
    };
    signal?.addEventListener('abort', giveUp, { once: true });
    this.#waiting.push(waiting);
    this.#letIn();
    await promise.finally(() => signal?.removeEventListener('abort', giveUp));
    return { [Symbol.dispose]: () => this.#leave(share) };
  }

  #letIn(): void {
    const longestFirst = this.#waiting.toSorted((a, b) => b.seconds - a.seconds);
    for (const waiting of longestFirst) {
      if (!this.#fits(waiting)) continue;
      this.#remove(waiting);
      this.#take(waiting, 1);
      waiting.letIn();
    }
  }

  #leave(share: Resources): void {
    this.#take(share, -1);
    this.#letIn();
  }

  #fits({ cores, memoryMiB }: Resources): boolean {
    const { cores: freeCores, memoryMiB: freeMiB } = this.#free;
    return this.#places > 0 && cores <= freeCores && memoryMiB <= freeMiB;
  }

  #take({ cores, memoryMiB }: Resources, sign: 1 | -1): void {
    this.#places -= sign;
    this.#free = {
      cores: this.#free.cores - sign * cores,
      memoryMiB: this.#free.memoryMiB - sign * memoryMiB,
    };
  }

  #remove(waiting: Waiting): void {
    const place = this.#waiting.indexOf(waiting);
    if (place >= 0) this.#waiting.splice(place, 1);
  }
}
