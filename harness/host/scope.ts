import { waitFor } from './deadline.ts';

/** Time slot of an undo step that names none. */
const DEFAULT_SLOT_MS = 30_000;

/**
 * What must be undone, in reverse order. Register the undo before the deed, and a deed that is
 * interrupted half-way is undone too. Every step has a name and a time slot of its own, so that one
 * that hangs costs its slot and not the others.
 */
export class Scope implements AsyncDisposable {
  readonly #name: string;
  #stack = new AsyncDisposableStack();
  #errors: unknown[] = [];
  #disposal: Promise<void> | undefined;

  /** @param name whose resources these are, for messages */
  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Registers an undo step.
   *
   * @param step what the step does, for messages
   * @param undo must bear being run after a deed that never happened
   * @param slotMs how long it may take
   * @throws ReferenceError where the scope is disposed of already
   */
  defer(step: string, undo: () => Promise<void> | void, slotMs = DEFAULT_SLOT_MS): void {
    const wait = { name: `${this.#name}: ${step}`, deadlineMs: slotMs };
    this.#stack.defer(async () => {
      try {
        await waitFor(wait, async () => undo());
      } catch (error) {
        this.#errors.push(error);
      }
    });
  }

  /** Registers a resource that knows its own undo, and hands it back. */
  use<T extends AsyncDisposable>(step: string, resource: T, slotMs = DEFAULT_SLOT_MS): T {
    this.defer(step, async () => resource[Symbol.asyncDispose](), slotMs);
    return resource;
  }

  /**
   * Hands all steps on to a new scope; this one then undoes nothing. For whoever opens several
   * things in a scope of its own, to keep them only if all went well.
   */
  move(): Scope {
    const moved = new Scope(this.#name);
    moved.#stack = this.#stack.move();
    moved.#errors = this.#errors;
    return moved;
  }

  /**
   * Runs every step, the last registered first. May be called again: later calls wait for the end
   * and hear of no errors.
   *
   * @throws the error of the step that failed; an AggregateError where several did
   */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposal !== undefined) return this.#disposal;
    this.#disposal = this.#stack.disposeAsync();
    await this.#disposal;
    if (this.#errors.length > 1) {
      throw new AggregateError(this.#errors, `${this.#name}: clean-up failed`);
    }
    if (this.#errors.length === 1) throw this.#errors[0];
  }
}
