const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** A line, or a piece of one that is longer than the limit. */
export type Line = {
  /** Text without its line end; bytes that are no UTF-8 are U+FFFD. */
  readonly text: string;
  /** Whether the line ended here; `false` for the pieces of an overlong line but its last. */
  readonly ended: boolean;
};

/** Room for a usual line; a longer one makes more. */
const ROOM_BYTES = 256;

/**
 * Cuts a stream of bytes into lines and holds no more than one line's limit, whatever arrives.
 */
export class LineSplitter {
  readonly #maxBytes: number;
  #line = Buffer.alloc(ROOM_BYTES);
  #length = 0;

  /** @param maxBytes an overlong line is delivered in pieces of this size */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Takes the next bytes and yields the lines that they complete. */
  *push(chunk: Uint8Array): Generator<Line, void, undefined> {
    let start = 0;
    while (start < chunk.length) {
      const limit = Math.min(chunk.length, start + this.#maxBytes - this.#length);
      const lineFeed = chunk.subarray(start, limit).indexOf(LINE_FEED);
      const end = lineFeed < 0 ? limit : start + lineFeed;
      this.#keep(chunk.subarray(start, end));
      start = lineFeed < 0 ? end : end + 1;
      if (lineFeed >= 0 || this.#length === this.#maxBytes) yield this.#take(lineFeed >= 0);
    }
  }

  /** What stands after the last line end, if anything. */
  *end(): Generator<Line, void, undefined> {
    if (this.#length > 0) yield this.#take(false);
  }

  #keep(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#line.length) {
      const larger = Buffer.alloc(Math.max(length, 2 * this.#line.length));
      larger.set(this.#line.subarray(0, this.#length));
      this.#line = larger;
    }
    this.#line.set(bytes, this.#length);
    this.#length = length;
  }

  #take(ended: boolean): Line {
    let length = this.#length;
    while (ended && this.#line[length - 1] === CARRIAGE_RETURN) length -= 1;
    this.#length = 0;
    return { text: this.#line.toString('utf8', 0, length), ended };
  }
}
