import { hash } from 'node:crypto';

/** How each block of a file is hashed: with a salt before or behind it. */
export type BlockHashing = {
  readonly algorithm: string;
  readonly blockBytes: number;
  readonly salt: Uint8Array;
  readonly saltPlace: 'before' | 'behind';
};

/** Blocks held at a time take no more than this, unless it is one block that does. */
const HELD_BYTES = 1 << 20;

/** No more pieces than one `readv` takes (IOV_MAX of Linux). */
const MOST_BLOCKS = 1024;

/**
 * Room for some blocks with the salt already beside each, so that a block is read to where it is hashed,
 * and hashed by one call.
 */
export class BlockHasher {
  readonly hashing: BlockHashing;
  /** Where the bytes of each block go. */
  readonly blocks: readonly Uint8Array[];
  readonly #salted: readonly Uint8Array[];

  /**
   * @param hashing algorithm, salt, and the size of a block in bytes
   * @param capacity number of blocks; as many as are read well at once, unless it is given
   */
  constructor(hashing: BlockHashing, capacity = capacityFor(hashing.blockBytes)) {
    const { blockBytes, salt, saltPlace } = hashing;
    const stride = blockBytes + salt.length;
    const bytes = Buffer.alloc(capacity * stride);
    const blockStart = saltPlace === 'before' ? salt.length : 0;
    const saltStart = saltPlace === 'before' ? 0 : blockBytes;
    this.hashing = hashing;
    this.#salted = Array.from({ length: capacity }, (_, index) =>
      bytes.subarray(index * stride, (index + 1) * stride),
    );
    for (const salted of this.#salted) salted.set(salt, saltStart);
    this.blocks = this.#salted.map((salted) =>
      salted.subarray(blockStart, blockStart + blockBytes),
    );
  }

  /**
   * Digests of the first blocks that are held, one behind the other.
   *
   * @param count number of blocks
   */
  digests(count: number): Uint8Array {
    // One text of a character a byte for all: an array for each digest costs more.
    let text = '';
    for (const salted of this.#salted.slice(0, count)) {
      text += hash(this.hashing.algorithm, salted, 'binary');
    }
    return Buffer.from(text, 'binary');
  }
}

function capacityFor(blockBytes: number): number {
  return Math.max(1, Math.min(MOST_BLOCKS, Math.floor(HELD_BYTES / blockBytes)));
}

/** Puts the blocks from the given one on into place, as many as there are places. */
export type ReadBlocks = (first: number, places: readonly Uint8Array[]) => void;

/**
 * Hashes blocks in order.
 *
 * @param hasher where the blocks are held meanwhile
 * @param first number of the first block
 * @param count number of blocks
 * @returns digests, one behind the other, in pieces of as many as the hasher holds
 */
export function* digestBlocks(
  hasher: BlockHasher,
  read: ReadBlocks,
  first: number,
  count: number,
): Generator<Uint8Array, void, undefined> {
  const held = hasher.blocks.length;
  for (let done = 0; done < count; done += held) {
    const places = hasher.blocks.slice(0, Math.min(held, count - done));
    read(first + done, places);
    yield hasher.digests(places.length);
  }
}
