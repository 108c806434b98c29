import type { Cursor } from '../bytes/cursor.ts';

/** Probabilities have 11 bits and move by a 32nd at each decision. */
const MODEL_BITS = 11;
const MODEL_TOTAL = 1 << MODEL_BITS;
const MOVE_BITS = 5;

/** Below this range the next byte of input is taken in. */
const TOP = 1 << 24;

/**
 * Fresh probabilities: both values of a bit are equally likely.
 *
 * @param count how many
 */
export function newModels(count: number): Uint16Array {
  return new Uint16Array(count).fill(MODEL_TOTAL / 2);
}

/**
 * The adaptive binary range decoder of LZMA (LZMA specification, Igor Pavlov, 2015, "Range decoder").
 */
export class RangeDecoder {
  readonly #input: Cursor;
  readonly #bytes: Uint8Array;
  #next = 0;
  // Both are unsigned 32-bit numbers, kept as signed ones: these the engine stores without a box.
  #range = -1;
  #code = 0;

  /**
   * @param input covers the compressed bytes; an error says where they start
   * @throws FormatError where fewer than 5 bytes are there, or the first is not zero
   */
  constructor(input: Cursor) {
    this.#input = input;
    input.expect(Uint8Array.of(0), 'first byte of LZMA data');
    this.#code = input.take(4, 'LZMA data').reduce((code, byte) => (code << 8) | byte, 0);
    this.#bytes = input.take(input.remaining, 'LZMA data');
  }

  /**
   * Decodes one bit and adapts its probability.
   *
   * @throws FormatError where the input ends
   */
  bit(models: Uint16Array, index: number): 0 | 1 {
    const model = models[index] ?? 0;
    const bound = Math.imul(this.#range >>> MODEL_BITS, model);
    if (this.#code >>> 0 < bound >>> 0) {
      models[index] = model + ((MODEL_TOTAL - model) >> MOVE_BITS);
      this.#range = bound;
      if (bound >>> 0 < TOP) this.#refill();
      return 0;
    }
    models[index] = model - (model >> MOVE_BITS);
    this.#range = (this.#range - bound) | 0;
    this.#code = (this.#code - bound) | 0;
    if (this.#range >>> 0 < TOP) this.#refill();
    return 1;
  }

  /**
   * Decodes bits without a model, the highest first.
   *
   * @param count at most 26
   */
  directBits(count: number): number {
    let value = 0;
    for (let done = 0; done < count; done++) {
      const half = this.#range >>> 1;
      const bit = this.#code >>> 0 >= half ? 1 : 0;
      if (bit === 1) this.#code = (this.#code - half) | 0;
      this.#range = half;
      if (half < TOP) this.#refill();
      value = (value << 1) | bit;
    }
    return value;
  }

  /** Decodes a number of some bits, the highest first, each with the model that the bits before choose. */
  tree(models: Uint16Array, start: number, bits: number): number {
    let symbol = 1;
    for (let done = 0; done < bits; done++)
      symbol = (symbol << 1) | this.bit(models, start + symbol);
    return symbol - (1 << bits);
  }

  /** Like {@link tree}, the lowest bit first. */
  reverseTree(models: Uint16Array, start: number, bits: number): number {
    let symbol = 1;
    let value = 0;
    for (let done = 0; done < bits; done++) {
      const bit = this.bit(models, start + symbol);
      symbol = (symbol << 1) | bit;
      value |= bit << done;
    }
    return value;
  }

  #refill(): void {
    const byte = this.#bytes[this.#next];
    if (byte === undefined) {
      throw this.#input.errorAt(this.#input.offset, 'more LZMA data', 'its end');
    }
    this.#next++;
    this.#range <<= 8;
    this.#code = (this.#code << 8) | byte;
  }
}
