import type { KeyObject } from 'node:crypto';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { ECDSA_P384_SHA384, type EcdsaSignature, NUMBER_BYTES, signEcdsa } from './ecdsa-p384.ts';
import { encodePublicKey, PUBLIC_KEY_BYTES } from './id-public-key.ts';

/** Bytes of an ID_AUTH, and of a signature in it. */
export const ID_AUTH_BYTES = 4096;
const SIGNATURE_BYTES = 0x200;

/** Where the parts of an ID_AUTH begin (AMD 56860, SNP_LAUNCH_FINISH, ID authentication information). */
const AT = {
  idKeyAlgo: 0x000,
  authorKeyAlgo: 0x004,
  idBlockSignature: 0x040,
  idKey: 0x240,
  idKeySignature: 0x680,
  authorKey: 0x880,
} as const;

/** What vouches for an ID block. */
export type IdAuth = {
  readonly idKeyAlgo: number;
  /** Not looked at by the secure processor where the launch has no author key. */
  readonly authorKeyAlgo: number;
  /** Of the ID block, by the ID key. */
  readonly idBlockSignature: EcdsaSignature;
  /** As it stands in the file: its digest is what reports name it by. */
  readonly idKey: Uint8Array;
  /** Of the ID key, by the author key; zeros where there is none. */
  readonly idKeySignature: EcdsaSignature;
  /** Absent where all of it is zero. */
  readonly authorKey: Uint8Array | undefined;
  /** Offsets of reserved bytes that are not zero. */
  readonly reservedSet: readonly number[];
};

/**
 * Reads an ID_AUTH; nothing is verified.
 *
 * @param source the page alone
 * @throws FormatError where it has another size
 */
export function readIdAuth(source: ByteSource): IdAuth {
  if (source.size !== ID_AUTH_BYTES) {
    throw new FormatError({
      file: source.name,
      offset: Math.min(source.size, ID_AUTH_BYTES),
      expected: `an ID_AUTH of ${ID_AUTH_BYTES} bytes`,
      found: `${source.size} bytes`,
    });
  }
  const page = readRange(source, 0, ID_AUTH_BYTES, 'ID_AUTH');
  const numbers = new Cursor(source.name, page);
  const authorKey = keyAt(page, AT.authorKey);
  return {
    idKeyAlgo: numbers.u32('ID_KEY_ALGO'),
    authorKeyAlgo: numbers.u32('AUTH_KEY_ALGO'),
    idBlockSignature: signatureAt(page, AT.idBlockSignature),
    idKey: keyAt(page, AT.idKey),
    idKeySignature: signatureAt(page, AT.idKeySignature),
    authorKey: authorKey.some((byte) => byte !== 0) ? authorKey : undefined,
    reservedSet: RESERVED.flatMap(([start, end]) => nonZero(page, start, end)),
  };
}

/** What lies between the parts, and behind the numbers of a signature. */
const RESERVED: readonly (readonly [start: number, end: number])[] = [
  [0x008, AT.idBlockSignature],
  [AT.idBlockSignature + 2 * NUMBER_BYTES, AT.idKey],
  [AT.idKey + PUBLIC_KEY_BYTES, AT.idKeySignature],
  [AT.idKeySignature + 2 * NUMBER_BYTES, AT.idKeySignature + SIGNATURE_BYTES],
  [AT.authorKey + PUBLIC_KEY_BYTES, ID_AUTH_BYTES],
];

function nonZero(page: Uint8Array, start: number, end: number): readonly number[] {
  const offsets = Array.from({ length: end - start }, (_, index) => start + index);
  return offsets.filter((offset) => page[offset] !== 0);
}

function keyAt(page: Uint8Array, offset: number): Uint8Array {
  return page.subarray(offset, offset + PUBLIC_KEY_BYTES);
}

function signatureAt(page: Uint8Array, offset: number): EcdsaSignature {
  const middle = offset + NUMBER_BYTES;
  return { r: page.subarray(offset, middle), s: page.subarray(middle, middle + NUMBER_BYTES) };
}

/** A private key, and the file that it came from. */
export type SigningKey = { readonly key: KeyObject; readonly file: string };

/**
 * Signs an ID block.
 *
 * @param idBlock as {@link encodeIdBlock} gives it
 * @param idKey private key that signs the block
 * @param authorKey private key that signs the ID key; without it there is no author
 * @returns {@link ID_AUTH_BYTES} bytes
 * @throws FormatError where a key is not one of ECDSA on P-384
 */
export function signIdBlock(
  idBlock: Uint8Array,
  idKey: SigningKey,
  authorKey?: SigningKey,
): Uint8Array {
  const page = Buffer.alloc(ID_AUTH_BYTES);
  const publicKey = encodePublicKey(idKey.key, idKey.file);
  page.writeUInt32LE(ECDSA_P384_SHA384, AT.idKeyAlgo);
  page.set(publicKey, AT.idKey);
  putSignature(page, AT.idBlockSignature, signEcdsa(idBlock, idKey.key));
  if (authorKey === undefined) return page;
  page.writeUInt32LE(ECDSA_P384_SHA384, AT.authorKeyAlgo);
  page.set(encodePublicKey(authorKey.key, authorKey.file), AT.authorKey);
  putSignature(page, AT.idKeySignature, signEcdsa(publicKey, authorKey.key));
  return page;
}

function putSignature(page: Buffer, offset: number, { r, s }: EcdsaSignature): void {
  page.set(r, offset);
  page.set(s, offset + NUMBER_BYTES);
}
