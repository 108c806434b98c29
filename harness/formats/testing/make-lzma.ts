/** Probability of a bit being 0, of 2048. */
const EVEN = 1024;

/**
 * Packs bytes as LZMA that has literals only: no smaller, but sound (LZMA specification, Igor Pavlov,
 * 2015; lc, lp and pb are 0).
 */
export function makeLzma(bytes: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32LE(1 << 16, 1);
  header.writeBigUInt64LE(BigInt(bytes.length), 5);
  const encoder = new RangeEncoder();
  const isMatch = [EVEN];
  const literal = Array.from({ length: 0x300 }, () => EVEN);
  for (const byte of bytes) {
    encoder.bit(isMatch, 0, 0);
    let symbol = 1;
    for (let shift = 7; shift >= 0; shift--) {
      const bit = (byte >> shift) & 1;
      encoder.bit(literal, symbol, bit);
      symbol = symbol * 2 + bit;
    }
  }
  return Buffer.concat([header, encoder.finish()]);
}

class RangeEncoder {
  readonly #output: number[] = [];
  #low = 0n;
  #range = 0xffffffffn;
  #held = 0;
  #heldCount = 1;

  bit(models: number[], index: number, bit: number): void {
    const model = models[index] ?? EVEN;
    const bound = (this.#range >> 11n) * BigInt(model);
    if (bit === 0) {
      this.#range = bound;
      models[index] = model + ((2048 - model) >> 5);
    } else {
      this.#low += bound;
      this.#range -= bound;
      models[index] = model - (model >> 5);
    }
    while (this.#range < 1n << 24n) {
      this.#range <<= 8n;
      this.#shift();
    }
  }

  finish(): Uint8Array {
    for (let done = 0; done < 5; done++) this.#shift();
    return Uint8Array.from(this.#output);
  }

  /** Gives out the top byte; bytes of ones wait until it is known whether a carry changes them. */
  #shift(): void {
    const carry = Number(this.#low >> 32n);
    if (this.#low < 0xff000000n || carry === 1) {
      for (; this.#heldCount > 0; this.#heldCount--) {
        this.#output.push((this.#held + carry) & 0xff);
        this.#held = 0xff;
      }
      this.#held = Number((this.#low >> 24n) & 0xffn);
    }
    this.#heldCount++;
    this.#low = (this.#low & 0x00ffffffn) << 8n;
  }
}
