import { type HashedStream, streamChunks } from '../bytes/hashed-stream.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { PeSection } from './pe.ts';

/**
 * Where the bytes of a section as they stand in memory come from: VirtualSize of them, cut off or filled
 * with zeros where the file has more or fewer.
 *
 * @see edk2 BasePeCoff.c, PeCoffLoaderLoadImage
 */
export function sectionStream({ name, rawOffset, rawSize, virtualSize }: PeSection): HashedStream {
  const stored = Math.min(rawSize, virtualSize);
  const runs = stored > 0 ? [{ offset: rawOffset, length: stored }] : [];
  return { what: name, runs, zeros: virtualSize - stored };
}

/**
 * The bytes of a section as they stand in memory.
 *
 * @param source the image
 * @param section one of its sections
 * @returns pieces of at most 1 MiB, in order; zeros cost no memory
 * @throws FormatError where the section reaches beyond the end of the image
 */
export function sectionMemory(
  source: ByteSource,
  section: PeSection,
): Generator<Uint8Array, void, undefined> {
  return streamChunks(source, sectionStream(section));
}
