import { type ByteSource, chunksOf } from '../bytes/source.ts';
import type { PeSection } from './pe.ts';

const ZEROS = new Uint8Array(1 << 16);

/**
 * The bytes of a section as they stand in memory: VirtualSize of them, cut off or filled with zeros
 * where the file has more or fewer.
 *
 * @param source the image
 * @param section one of its sections
 * @returns pieces of at most 1 MiB, in order; zeros cost no memory
 * @see edk2 BasePeCoff.c, PeCoffLoaderLoadImage
 */
export function* sectionMemory(
  source: ByteSource,
  section: PeSection,
): Generator<Uint8Array, void, undefined> {
  const { name, rawOffset, rawSize, virtualSize } = section;
  const stored = Math.min(rawSize, virtualSize);
  if (stored > 0) yield* chunksOf(source, rawOffset, stored, name);
  for (let left = virtualSize - stored; left > 0; left -= ZEROS.length) {
    yield ZEROS.subarray(0, Math.min(left, ZEROS.length));
  }
}
