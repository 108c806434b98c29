import { newModels, type RangeDecoder } from './lzma-range-decoder.ts';

/** Numbers that tune the models: bits of context from the last byte, and from the position. */
export type LzmaProperties = {
  readonly literalContextBits: number;
  readonly literalPositionBits: number;
  readonly positionBits: number;
};

/** Models of one literal in one context. */
const LITERAL_MODELS = 0x300;

/** Decodes single bytes. */
export class LiteralDecoder {
  readonly #range: RangeDecoder;
  readonly #properties: LzmaProperties;
  readonly #models: Uint16Array;

  constructor(range: RangeDecoder, properties: LzmaProperties) {
    this.#range = range;
    this.#properties = properties;
    const { literalContextBits, literalPositionBits } = properties;
    this.#models = newModels(LITERAL_MODELS << (literalContextBits + literalPositionBits));
  }

  /**
   * @param position number of bytes decoded so far
   * @param previous the last byte
   * @param match the byte that a repetition would have given; absent after a literal
   */
  decode(position: number, previous: number, match: number | undefined): number {
    const { literalContextBits, literalPositionBits } = this.#properties;
    const positionPart = position & ((1 << literalPositionBits) - 1);
    const context = (positionPart << literalContextBits) + (previous >> (8 - literalContextBits));
    const start = LITERAL_MODELS * context;
    let symbol = match === undefined ? 1 : this.#whileMatching(start, match);
    while (symbol < 0x100) symbol = (symbol << 1) | this.#range.bit(this.#models, start + symbol);
    return symbol & 0xff;
  }

  /** The leading bits of the byte, up to the first that differs from the match. */
  #whileMatching(start: number, match: number): number {
    let symbol = 1;
    for (let shift = 7; shift >= 0; shift--) {
      const expected = (match >> shift) & 1;
      const bit = this.#range.bit(this.#models, start + ((1 + expected) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (bit !== expected) break;
    }
    return symbol;
  }
}

/** Decodes the length of a match. */
export class LengthDecoder {
  readonly #range: RangeDecoder;
  readonly #choice = newModels(2);
  readonly #low = newModels(16 << 3);
  readonly #middle = newModels(16 << 3);
  readonly #high = newModels(1 << 8);

  constructor(range: RangeDecoder) {
    this.#range = range;
  }

  /** @param positionState low bits of the number of bytes decoded so far */
  decode(positionState: number): number {
    const range = this.#range;
    if (range.bit(this.#choice, 0) === 0) return 2 + range.tree(this.#low, positionState << 3, 3);
    if (range.bit(this.#choice, 1) === 0) {
      return 10 + range.tree(this.#middle, positionState << 3, 3);
    }
    return 18 + range.tree(this.#high, 0, 8);
  }
}

/** Distances from this slot on have bits without a model. */
const FIRST_DIRECT_SLOT = 14;
const ALIGN_BITS = 4;

/** Decodes how far back a match lies. */
export class DistanceDecoder {
  readonly #range: RangeDecoder;
  readonly #slots = newModels(4 << 6);
  readonly #positions = newModels(1 + 128 - FIRST_DIRECT_SLOT);
  readonly #align = newModels(1 << ALIGN_BITS);

  constructor(range: RangeDecoder) {
    this.#range = range;
  }

  /**
   * @param length the match's length in bytes
   * @returns distance less one; 0xffffffff marks the end of the data
   */
  decode(length: number): number {
    const range = this.#range;
    const slot = range.tree(this.#slots, Math.min(length - 2, 3) << 6, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const base = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < FIRST_DIRECT_SLOT) {
      return base + range.reverseTree(this.#positions, base - slot, bits);
    }
    const middle = range.directBits(bits - ALIGN_BITS) * (1 << ALIGN_BITS);
    return base + middle + range.reverseTree(this.#align, 0, ALIGN_BITS);
  }
}
