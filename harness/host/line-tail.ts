/** The last lines of an output of any length. */
export class LineTail {
  readonly #limit: number;
  #lines: string[] = [];

  /** @param limit how many lines are kept */
  constructor(limit: number) {
    this.#limit = limit;
  }

  push(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length >= 2 * this.#limit) this.#lines = this.#lines.slice(-this.#limit);
  }

  /** The lines kept, oldest first. */
  get lines(): readonly string[] {
    return this.#lines.slice(-this.#limit);
  }
}
