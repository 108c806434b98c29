import { BlockHasher, digestBlocks } from '../bytes/block-hasher.ts';
import { CorruptionList, type Verification } from './corruption.ts';
import { digestAt, isSpareZero, setDigests } from './digest-slots.ts';
import type { HashDevice } from './hash-device.ts';
import { buildHashTree } from './hash-tree.ts';
import { hashingOf } from './parameters.ts';
import { childrenOf } from './tree-geometry.ts';

/** A stored hash block. */
type StoredBlock = {
  readonly level: number;
  readonly index: number;
  readonly bytes: Uint8Array;
  /** The digest that the block above holds for it; for the top block the root hash. */
  readonly expected: Uint8Array;
  /** Whether it has that digest. */
  readonly isSound: boolean;
  /** Places among its children that have not the digest that they should have. */
  readonly unsound: ReadonlySet<number>;
};

/** Blocks of one level that were read at once. */
type Window = { readonly first: number; readonly end: number; readonly bytes: Uint8Array };

/** Size of a window in bytes, unless one block is larger. */
const WINDOW_BYTES = 256 << 10;

/**
 * Verifies every block of the data and of the tree.
 *
 * A block is corrupt if it has not the digest that the block above holds. Where that one is corrupt
 * itself, its children are held against its digests all the same, unless the digests that they really
 * have give the block that the root hash stands for: then nothing but the hash block was changed.
 *
 * @param device the hash device
 * @param root the root hash
 * @param dataDigests digests of all data blocks in order, in pieces of whole digests
 * @see cryptsetup, lib/verity/verity_hash.c (VERITY_create_or_verify_hash)
 */
export async function verifyTree(
  device: HashDevice,
  root: Uint8Array,
  dataDigests: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Verification> {
  const { parameters, geometry } = device;
  const verifier = new TreeVerifier(device, root);
  const rebuilt = await buildHashTree(parameters, geometry, dataDigests, (level, index, bytes) => {
    if (level === 0) verifier.verifyLeaf(index, bytes);
  });
  if (geometry.levels.length === 0) verifier.verifyOnlyBlock(rebuilt);
  return verifier.verification;
}

/** Walks through the stored tree from left to right, and holds the blocks above the present leaf. */
class TreeVerifier {
  readonly #device: HashDevice;
  readonly #root: Uint8Array;
  readonly #corrupt = new CorruptionList();
  /** By level. */
  readonly #path: StoredBlock[] = [];
  /** By level. */
  readonly #windows: Window[] = [];
  readonly #hasher: BlockHasher;

  constructor(device: HashDevice, root: Uint8Array) {
    const { parameters } = device;
    this.#device = device;
    this.#root = root;
    this.#hasher = new BlockHasher(hashingOf(parameters, parameters.hashBlockBytes));
  }

  get verification(): Verification {
    return this.#corrupt.verification;
  }

  /** A single data block has no tree; its digest is the root hash. */
  verifyOnlyBlock(digest: string): void {
    if (digest !== Buffer.from(this.#root).toString('hex')) this.#addData(0);
  }

  /**
   * @param index which block of level 0
   * @param rebuilt that block as the data really give it
   */
  verifyLeaf(index: number, rebuilt: Uint8Array): void {
    const { slots } = this.#device.geometry;
    for (const slot of this.#load(0, index, rebuilt).unsound) this.#addData(index * slots + slot);
  }

  #blockAt(level: number, index: number): StoredBlock {
    const held = this.#path[level];
    return held?.index === index ? held : this.#load(level, index, this.#rebuild(level, index));
  }

  /**
   * Reads a block, after those above it, and reports what is wrong with it.
   *
   * @param rebuilt the block as the blocks below it really give it
   */
  #load(level: number, index: number, rebuilt: Uint8Array): StoredBlock {
    const own = { level, index, ...this.#vouched(level, index), bytes: this.#read(level, index) };
    const isAsRebuilt = Buffer.compare(own.bytes, rebuilt) === 0;
    const unsound = new Set(isAsRebuilt ? [] : this.#unsoundChildren(own, rebuilt));
    const block = { ...own, unsound };
    this.#path[level] = block;
    this.#report(block, isAsRebuilt || this.#isSpareZero(block));
    return block;
  }

  /** What the block above says. */
  #vouched(level: number, index: number): Pick<StoredBlock, 'expected' | 'isSound'> {
    const { levels, slots } = this.#device.geometry;
    if (level === levels.length - 1) {
      const isSound = Buffer.compare(this.#digestsOf(level, 0, 1), this.#root) === 0;
      return { expected: this.#root, isSound };
    }
    const parent = this.#blockAt(level + 1, Math.floor(index / slots));
    const slot = index % slots;
    const expected = digestAt(this.#device.geometry, parent.bytes, slot);
    return { expected, isSound: !parent.unsound.has(slot) };
  }

  #unsoundChildren(block: Omit<StoredBlock, 'unsound'>, rebuilt: Uint8Array): readonly number[] {
    const { geometry } = this.#device;
    if (!block.isSound && this.#hasDigest(rebuilt, block.expected)) return [];
    const count = this.#childrenOf(block);
    return Array.from({ length: count }, (_, slot) => slot).filter((slot) => {
      const [stored, real] = [block.bytes, rebuilt].map((each) => digestAt(geometry, each, slot));
      return stored === undefined || real === undefined || Buffer.compare(stored, real) !== 0;
    });
  }

  #hasDigest(bytes: Uint8Array, expected: Uint8Array): boolean {
    this.#hasher.blocks[0]?.set(bytes);
    return Buffer.compare(this.#hasher.digests(1), expected) === 0;
  }

  /** A hash block as the stored blocks below it give it. */
  #rebuild(level: number, index: number): Uint8Array {
    const { geometry, parameters } = this.#device;
    const block = new Uint8Array(parameters.hashBlockBytes);
    const count = this.#childrenOf({ level, index });
    setDigests(geometry, block, 0, this.#digestsOf(level - 1, index * geometry.slots, count));
    return block;
  }

  #digestsOf(level: number, index: number, count: number): Uint8Array {
    const read = (first: number, places: readonly Uint8Array[]) => {
      for (const [place, bytes] of places.entries()) bytes.set(this.#read(level, first + place));
    };
    return Buffer.concat([...digestBlocks(this.#hasher, read, index, count)]);
  }

  #isSpareZero(block: StoredBlock): boolean {
    return isSpareZero(this.#device.geometry, block.bytes, this.#childrenOf(block));
  }

  #report({ level, index, isSound }: StoredBlock, isSpareSound: boolean): void {
    if (isSound && isSpareSound) return;
    const block = this.#numberOf(level, index);
    const offset = block * this.#device.parameters.hashBlockBytes;
    this.#corrupt.add({ kind: 'hash', level, block, offset, why: isSound ? 'spare' : 'digest' });
  }

  #addData(block: number): void {
    const offset = block * this.#device.parameters.dataBlockBytes;
    this.#corrupt.add({ kind: 'data', block, offset });
  }

  #childrenOf({ level, index }: Pick<StoredBlock, 'level' | 'index'>): number {
    const { geometry, parameters } = this.#device;
    return childrenOf(geometry, parameters.dataBlocks, level, index);
  }

  #numberOf(level: number, index: number): number {
    return (this.#device.geometry.levels[level]?.firstBlock ?? 0) + index;
  }

  #read(level: number, index: number): Uint8Array {
    const held = this.#windows[level];
    const window =
      held && index >= held.first && index < held.end ? held : this.#move(level, index);
    const { hashBlockBytes } = this.#device.parameters;
    const start = (index - window.first) * hashBlockBytes;
    return window.bytes.subarray(start, start + hashBlockBytes);
  }

  /** Reads some blocks of a level from one on: each on its own would cost a system call. */
  #move(level: number, first: number): Window {
    const { source, parameters, geometry } = this.#device;
    const { hashBlockBytes } = parameters;
    const most = Math.max(1, Math.floor(WINDOW_BYTES / hashBlockBytes));
    const end = Math.min(first + most, geometry.levels[level]?.blocks ?? 0);
    const offset = this.#numberOf(level, first) * hashBlockBytes;
    const window = { first, end, bytes: source.read(offset, (end - first) * hashBlockBytes) };
    this.#windows[level] = window;
    return window;
  }
}
