/** A block that is not what the root hash stands for. Offsets are in bytes from the start of its device. */
export type CorruptBlock =
  | { readonly kind: 'data'; readonly block: number; readonly offset: number }
  | {
      readonly kind: 'hash';
      /** 0 holds the digests of the data. */
      readonly level: number;
      /** Counted in hash blocks from the start of the hash device, as the kernel reports it. */
      readonly block: number;
      readonly offset: number;
      /** `spare`: its digest is right, but what has to be zero in it is not. */
      readonly why: 'digest' | 'spare';
    };

/** Outcome of a full verification. */
export type Verification = {
  readonly valid: boolean;
  /** The first {@link LISTED_BLOCKS} corrupt blocks, from the front of the data, hash blocks before what they cover. */
  readonly corrupt: readonly CorruptBlock[];
  /** How many there are in all. */
  readonly corruptBlocks: number;
};

/** More corrupt blocks are counted, not listed. */
const LISTED_BLOCKS = 100;

/** Counts corrupt blocks and keeps the first. */
export class CorruptionList {
  readonly #first: CorruptBlock[] = [];
  #count = 0;

  add(block: CorruptBlock): void {
    this.#count += 1;
    if (this.#first.length < LISTED_BLOCKS) this.#first.push(block);
  }

  get verification(): Verification {
    return { valid: this.#count === 0, corrupt: [...this.#first], corruptBlocks: this.#count };
  }
}
