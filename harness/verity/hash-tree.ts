import { BlockHasher } from '../bytes/block-hasher.ts';
import { toHex } from '../bytes/hex.ts';
import { setDigests } from './digest-slots.ts';
import { hashingOf, type VerityParameters } from './parameters.ts';
import type { TreeGeometry } from './tree-geometry.ts';

/** A hash block that is complete: its level, its place in that level, and its bytes until the next one. */
export type OnHashBlock = (level: number, index: number, bytes: Uint8Array) => void;

/**
 * Builds a hash tree from the digests of the data. Holds one block of each level.
 *
 * @param parameters what the tree is made with
 * @param geometry the layout of the tree
 * @param dataDigests digests of all data blocks in order, in pieces of whole digests
 * @param onBlock called with each hash block as soon as it is complete
 * @returns the root hash in lower-case hex
 */
export async function buildHashTree(
  parameters: VerityParameters,
  geometry: TreeGeometry,
  dataDigests: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  onBlock: OnHashBlock = () => undefined,
): Promise<string> {
  const top = new Root();
  const levels: HashLevel[] = [];
  for (const level of geometry.levels.keys().toArray().reverse()) {
    const above = levels[0] ?? top;
    const emit = (index: number, bytes: Uint8Array) => onBlock(level, index, bytes);
    levels.unshift(new HashLevel(parameters, geometry, above, emit));
  }
  const leaves = levels[0] ?? top;
  for await (const digests of dataDigests) leaves.push(digests);
  for (const level of levels) level.close();
  return top.hash;
}

type DigestSink = { push(digests: Uint8Array): void };

class Root implements DigestSink {
  hash = '';

  push(digest: Uint8Array): void {
    this.hash = toHex(digest);
  }
}

/** The block of a level that is being filled. */
class HashLevel implements DigestSink {
  readonly #hasher: BlockHasher;
  readonly #geometry: TreeGeometry;
  readonly #above: DigestSink;
  readonly #emit: (index: number, bytes: Uint8Array) => void;
  #filledSlots = 0;
  #index = 0;

  constructor(
    parameters: VerityParameters,
    geometry: TreeGeometry,
    above: DigestSink,
    emit: (index: number, bytes: Uint8Array) => void,
  ) {
    this.#hasher = new BlockHasher(hashingOf(parameters, parameters.hashBlockBytes), 1);
    this.#geometry = geometry;
    this.#above = above;
    this.#emit = emit;
  }

  push(digests: Uint8Array): void {
    const { digestBytes, slots } = this.#geometry;
    for (let start = 0; start < digests.length; ) {
      const end = start + (slots - this.#filledSlots) * digestBytes;
      const fitting = digests.subarray(start, end);
      setDigests(this.#geometry, this.#block, this.#filledSlots, fitting);
      this.#filledSlots += fitting.length / digestBytes;
      if (this.#filledSlots === slots) this.#complete();
      start = end;
    }
  }

  /** Completes the last block of the level, where it is not full. */
  close(): void {
    if (this.#filledSlots > 0) this.#complete();
  }

  get #block(): Uint8Array {
    const [block] = this.#hasher.blocks;
    if (block === undefined) throw new TypeError('a hasher without room');
    return block;
  }

  #complete(): void {
    this.#emit(this.#index, this.#block);
    const digest = this.#hasher.digests(1);
    this.#block.fill(0);
    this.#filledSlots = 0;
    this.#index += 1;
    this.#above.push(digest);
  }
}
