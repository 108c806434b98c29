import type { Random } from '../../harness/bytes/seeded-random.ts';
import { type Mutant, type Mutation, USUAL_BYTES } from './target.ts';

/** Integers at which readers go wrong: signs, widths, pages, and one beside each. */
const INTERESTING = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 129, 255, 256, 257, 511, 512, 513, 1023,
  1024, 4095, 4096, 4097, 32767, 32768, 65535, 65536, 65537, 0xffffff, 0x1000000, 0x7fffffff,
  0x80000000, 0xfffffff8, 0xfffffffe, 0xffffffff,
] as const;

/** Most headers stand in so many first bytes, footers in the last. */
const HEAD_BYTES = 512;

/** How far a length is looked for from a place. */
const LENGTH_SEARCH = 64;

/** Most bytes that one change takes out, puts in or doubles; now and then it may be any number. */
const PIECE = 64;

/** Most changes on top of each other. */
const MOST_CHANGES = 6;

const GENERIC: readonly [Mutation, ...Mutation[]] = [
  flipBit,
  flipBit,
  setByte,
  setInteger,
  setInteger,
  setInteger,
  stompLength,
  stompLength,
  stompLength,
  putWord,
  insertWord,
  copyPiece,
  doublePiece,
  removePiece,
  insertBytes,
  splice,
  truncate,
];

/**
 * Changes an input in one to six ways.
 *
 * @param bytes an input; it is left as it is
 * @param own changes that know the format; as likely as all others together
 */
export function mutate(
  bytes: Uint8Array,
  mutant: Mutant,
  own: readonly Mutation[] = [],
): Uint8Array {
  const { random } = mutant;
  const [first, ...others] = own;
  // Not slice(), which copies nothing of a Buffer.
  let result: Uint8Array = new Uint8Array(bytes);
  const changes = 1 + Math.min(random.below(MOST_CHANGES), random.below(MOST_CHANGES));
  for (let done = 0; done < changes; done++) {
    const change =
      first !== undefined && random.below(2) === 0
        ? random.pick([first, ...others])
        : random.pick(GENERIC);
    result = change(result, mutant);
  }
  return result.length > mutant.maxBytes ? result.subarray(0, mutant.maxBytes) : result;
}

function flipBit(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  const at = place(bytes, random);
  if (bytes.length > 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
}

function setByte(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  if (bytes.length > 0) bytes[place(bytes, random)] = random.below(256);
  return bytes;
}

function setInteger(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  const width = random.pick([1, 2, 4, 4, 8]);
  const aligned = Math.floor(place(bytes, random) / width) * width;
  const at = random.below(4) === 0 ? place(bytes, random) : aligned;
  const near = random.below(5) - 2;
  const value = random.below(3) === 0 ? bytes.length + near : random.pick(INTERESTING);
  return writeInteger(bytes, at, width, value, random.below(4) === 0);
}

/** Finds what could be the length of what follows, and makes it wrong. */
function stompLength(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  const width = random.pick([1, 2, 4]);
  const isBig = random.below(4) === 0;
  const start = place(bytes, random);
  for (let at = start; at < Math.min(start + LENGTH_SEARCH, bytes.length - width); at++) {
    const value = readInteger(bytes, at, width, isBig);
    const rest = bytes.length - at - width;
    if (value === 0 || value > rest) continue;
    const wrong = random.pick([
      value - 1,
      value + 1,
      value * 2,
      0,
      rest,
      rest + 1,
      rest - 1,
      0xffffffff,
      random.below(rest + 1),
    ]);
    return writeInteger(bytes, at, width, wrong, isBig);
  }
  return bytes;
}

function putWord(bytes: Uint8Array, mutant: Mutant): Uint8Array {
  const word = anyWord(mutant);
  const at = place(bytes, mutant.random);
  if (at + word.length <= bytes.length) bytes.set(word, at);
  return bytes;
}

function insertWord(bytes: Uint8Array, mutant: Mutant): Uint8Array {
  return insert(bytes, place(bytes, mutant.random), anyWord(mutant), mutant);
}

function copyPiece(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  const length = pieceLength(bytes, random);
  const from = random.below(bytes.length - length + 1);
  bytes.copyWithin(place(bytes, random), from, from + length);
  return bytes;
}

function doublePiece(bytes: Uint8Array, mutant: Mutant): Uint8Array {
  const { random } = mutant;
  const length = pieceLength(bytes, random);
  const from = random.below(bytes.length - length + 1);
  return insert(bytes, from, bytes.slice(from, from + length), mutant);
}

function removePiece(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  const length = pieceLength(bytes, random);
  const from = random.below(bytes.length - length + 1);
  bytes.copyWithin(from, from + length);
  return bytes.subarray(0, bytes.length - length);
}

function insertBytes(bytes: Uint8Array, mutant: Mutant): Uint8Array {
  const { random } = mutant;
  const fill = random.pick([0, 0xff, 0x30, random.below(256)]);
  const piece = new Uint8Array(1 + random.below(PIECE)).fill(fill);
  return insert(bytes, place(bytes, random), piece, mutant);
}

/** The begin of this input and the end of another. */
function splice(bytes: Uint8Array, { random, other }: Mutant): Uint8Array {
  const head = bytes.subarray(0, random.below(bytes.length + 1));
  return Buffer.concat([head, other.subarray(random.below(other.length + 1))]);
}

function truncate(bytes: Uint8Array, { random }: Mutant): Uint8Array {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

function insert(bytes: Uint8Array, at: number, piece: Uint8Array, { maxBytes }: Mutant) {
  if (bytes.length + piece.length > maxBytes) return bytes;
  return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
}

function anyWord({ random, words, other }: Mutant): Uint8Array {
  const word = words[random.below(words.length)];
  if (word !== undefined) return word;
  const from = random.below(other.length);
  return other.subarray(from, from + 1 + random.below(16));
}

function pieceLength(bytes: Uint8Array, random: Random): number {
  const most = random.below(8) === 0 ? USUAL_BYTES : PIECE;
  return Math.min(bytes.length, 1 + random.below(most));
}

/** A place in the bytes: often near the begin, now and then near the end. */
function place(bytes: Uint8Array, random: Random): number {
  const near = Math.min(bytes.length, HEAD_BYTES);
  const kind = random.below(8);
  if (kind < 3) return random.below(near);
  if (kind === 3) return bytes.length - near + random.below(near);
  return random.below(bytes.length);
}

function readInteger(bytes: Uint8Array, at: number, width: number, isBig: boolean): number {
  let value = 0;
  for (let index = 0; index < width; index++) {
    value = value * 256 + (bytes[isBig ? at + index : at + width - 1 - index] ?? 0);
  }
  return value;
}

/** Writes as many of the low bytes of a value as there is room for. */
function writeInteger(
  bytes: Uint8Array,
  at: number,
  width: number,
  value: number,
  isBig: boolean,
): Uint8Array {
  let rest = BigInt.asUintN(64, BigInt(value));
  for (let index = 0; index < width; index++) {
    const position = isBig ? at + width - 1 - index : at + index;
    if (position < bytes.length) bytes[position] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}
