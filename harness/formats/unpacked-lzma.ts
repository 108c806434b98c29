import { createHash } from 'node:crypto';
import { Cursor } from '../bytes/cursor.ts';
import { decodeLzma } from './lzma.ts';

/** A run has two firmware builds in use at a time; of each, some 16 MiB are kept. */
const MOST_KEPT = 2;

/** What was decoded, by the key of what it was decoded from, the latest last. */
const kept = new Map<string, Uint8Array>();

/**
 * Decodes like {@link decodeLzma}, and keeps the latest results: a forecast reads its firmware three times, a run
 * the same one for every machine, and to decode it takes longer than all else that is done with it.
 *
 * @param input covers the data; nothing is left of it afterwards
 * @param maxBytes what the result may take at most, in bytes
 * @returns bytes that others read too, to be treated as read-only
 * @throws FormatError as {@link decodeLzma} does
 */
export function unpackedLzma(input: Cursor, maxBytes: number): Uint8Array {
  const { file, offset, endian } = input;
  const packed = input.take(input.remaining, 'LZMA data');
  const key = packedKey(packed);
  const before = kept.get(key);
  const unpacked =
    before !== undefined && before.length <= maxBytes
      ? before
      : decodeLzma(new Cursor(file, packed, endian, offset), maxBytes);
  rememberUnpacked(key, unpacked);
  return unpacked;
}

/** Names packed bytes: their SHA-256, lower-case hex. */
export function packedKey(packed: Uint8Array): string {
  return createHash('sha256').update(packed).digest('hex');
}

/** What packed bytes hold; `undefined` where they are not among the latest. */
export function unpackedBefore(key: string): Uint8Array | undefined {
  return kept.get(key);
}

/** Takes over what an earlier process has unpacked. */
export function rememberUnpacked(key: string, unpacked: Uint8Array): void {
  kept.delete(key);
  kept.set(key, unpacked);
  const [oldest] = kept.keys();
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
}
