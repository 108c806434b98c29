import type { Cursor } from '../bytes/cursor.ts';
import { newModels, RangeDecoder } from './lzma-range-decoder.ts';
import {
  DistanceDecoder,
  LengthDecoder,
  LiteralDecoder,
  type LzmaProperties,
} from './lzma-symbols.ts';

/** Kinds of the last symbols, packed to a number below 12; from 7 on the last was no literal. */
const STATES = 12;
const FIRST_MATCH_STATE = 7;

/** The state after each symbol, by the state before. */
const AFTER_LITERAL = [0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 4, 5];

/** Matches below this length are copied byte by byte. */
const SHORT_MATCH = 64;

/** Values that the used bits of the position can have at most. */
const POSITION_STATES = 16;

/**
 * Decodes data in the format that `lzma` files and UEFI firmware volumes have: properties, dictionary
 * size, size and compressed bytes.
 *
 * @param input covers the data, little-endian
 * @param maxBytes what the result may take at most, in bytes
 * @throws FormatError where the header makes no sense or promises more than `maxBytes`, or the
 *   compressed bytes end early or refer to what is not there
 * @see LZMA specification (Igor Pavlov, 2015)
 */
export function decodeLzma(input: Cursor, maxBytes: number): Uint8Array {
  const start = input.offset;
  const properties = readProperties(input);
  const dictionaryBytes = Math.max(input.u32('LZMA dictionary size'), 1);
  const size = input.u64('LZMA uncompressed size');
  if (size > BigInt(maxBytes)) {
    throw input.errorAt(start + 5, `at most ${maxBytes} uncompressed bytes`, `${size}`);
  }
  return new LzmaDecoder(input, properties, dictionaryBytes).decode(Number(size));
}

function readProperties(input: Cursor): LzmaProperties {
  const start = input.offset;
  const packed = input.u8('LZMA properties');
  if (packed >= 9 * 5 * 5) throw input.errorAt(start, 'LZMA properties below 225', `${packed}`);
  return {
    literalContextBits: packed % 9,
    literalPositionBits: Math.floor(packed / 9) % 5,
    positionBits: Math.floor(packed / 45),
  };
}

class LzmaDecoder {
  readonly #input: Cursor;
  readonly #range: RangeDecoder;
  readonly #literals: LiteralDecoder;
  readonly #lengths: LengthDecoder;
  readonly #repeatLengths: LengthDecoder;
  readonly #distances: DistanceDecoder;
  readonly #positionMask: number;
  readonly #dictionaryBytes: number;
  readonly #isMatch = newModels(STATES * POSITION_STATES);
  readonly #isRepeat = newModels(STATES);
  readonly #isRepeatOfOlder = newModels(STATES);
  readonly #isLongRepeat = newModels(STATES * POSITION_STATES);
  readonly #isRepeatAfter1 = newModels(STATES);
  readonly #isRepeatAfter2 = newModels(STATES);
  #state = 0;
  /** The last four distances less one, the latest first. */
  #recent: [number, number, number, number] = [0, 0, 0, 0];

  constructor(input: Cursor, properties: LzmaProperties, dictionaryBytes: number) {
    this.#input = input;
    this.#range = new RangeDecoder(input);
    this.#literals = new LiteralDecoder(this.#range, properties);
    this.#lengths = new LengthDecoder(this.#range);
    this.#repeatLengths = new LengthDecoder(this.#range);
    this.#distances = new DistanceDecoder(this.#range);
    this.#positionMask = (1 << properties.positionBits) - 1;
    this.#dictionaryBytes = dictionaryBytes;
  }

  decode(size: number): Uint8Array {
    const output = new Uint8Array(size);
    let done = 0;
    while (done < size) {
      const positionState = done & this.#positionMask;
      if (this.#range.bit(this.#isMatch, this.#state * POSITION_STATES + positionState) === 0) {
        output[done] = this.#literal(output, done);
        done++;
      } else {
        const length = this.#matchLength(positionState);
        done += this.#copy(output, done, Math.min(length, size - done));
      }
    }
    return output;
  }

  #literal(output: Uint8Array, done: number): number {
    const afterMatch = this.#state >= FIRST_MATCH_STATE;
    const match = afterMatch ? (output[done - this.#recent[0] - 1] ?? 0) : undefined;
    this.#state = AFTER_LITERAL[this.#state] ?? 0;
    return this.#literals.decode(done, output[done - 1] ?? 0, match);
  }

  /** Decodes the rest of a match: moves its distance to the front, and gives its length. */
  #matchLength(positionState: number): number {
    const state = this.#state;
    const afterLiteral = state < FIRST_MATCH_STATE;
    if (this.#range.bit(this.#isRepeat, state) === 0) {
      const length = this.#lengths.decode(positionState);
      const [first, second, third] = this.#recent;
      this.#recent = [this.#distances.decode(length), first, second, third];
      this.#state = afterLiteral ? 7 : 10;
      return length;
    }
    if (this.#range.bit(this.#isRepeatOfOlder, state) === 1) {
      this.#recent = this.#olderToFront(state);
    } else if (this.#range.bit(this.#isLongRepeat, state * POSITION_STATES + positionState) === 0) {
      this.#state = afterLiteral ? 9 : 11;
      return 1;
    }
    this.#state = afterLiteral ? 8 : 11;
    return this.#repeatLengths.decode(positionState);
  }

  #olderToFront(state: number): [number, number, number, number] {
    const [first, second, third, fourth] = this.#recent;
    if (this.#range.bit(this.#isRepeatAfter1, state) === 0) return [second, first, third, fourth];
    if (this.#range.bit(this.#isRepeatAfter2, state) === 0) return [third, first, second, fourth];
    return [fourth, first, second, third];
  }

  #copy(output: Uint8Array, done: number, length: number): number {
    const distance = this.#recent[0] + 1;
    if (distance > done || distance > this.#dictionaryBytes) {
      throw this.#input.errorAt(
        this.#input.offset,
        `LZMA data that refers at most ${Math.min(done, this.#dictionaryBytes)} bytes back`,
        `${distance}`,
      );
    }
    // A match may overlap what it makes; and for a short one the loop is faster than the call.
    if (distance < length || length < SHORT_MATCH) {
      for (let at = done; at < done + length; at++) output[at] = output[at - distance] ?? 0;
    } else {
      output.copyWithin(done, done - distance, done - distance + length);
    }
    return length;
  }
}
