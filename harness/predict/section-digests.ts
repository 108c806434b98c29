import { FormatError } from '../bytes/format-error.ts';
import { type HashedStream, streamChunks } from '../bytes/hashed-stream.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { PeImage, PeSection } from '../formats/pe.ts';
import { sectionStream } from '../formats/section-memory.ts';
import { type Bank, type Digests, digestsOf } from '../measure/bank.ts';

/** Digests of a section as it stands in memory. */
export type SectionDigests = (section: PeSection) => Digests;

/** Addresses inside an image have 32 bits. */
const MAX_MEMORY = 2 ** 32;

/**
 * The bytes of an image's sections as they stand in memory, in the order of the section table.
 *
 * @param source the image
 * @param pe its headers
 * @throws FormatError where the sections together are larger than any image can be
 */
export function sectionStreams(source: ByteSource, pe: PeImage): readonly HashedStream[] {
  const total = pe.sections.reduce((sum, { virtualSize }) => sum + virtualSize, 0);
  if (total <= MAX_MEMORY) return pe.sections.map(sectionStream);
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: 'sections that together fill at most 4 GiB of memory',
    found: `${total} bytes`,
  });
}

/**
 * Digests of an image's sections, each read once however often it is asked for.
 *
 * @param source the image
 * @param pe its headers
 * @param banks which digests to compute
 * @throws FormatError where the sections together are larger than any image can be
 */
export function sectionDigests(
  source: ByteSource,
  pe: PeImage,
  banks: readonly Bank[],
): SectionDigests {
  const streams = sectionStreams(source, pe);
  const known = new Map<number, Digests>();
  return ({ index }) => {
    const digests = known.get(index) ?? digestsOf(banks, chunksOfSection(source, streams[index]));
    known.set(index, digests);
    return digests;
  };
}

function chunksOfSection(source: ByteSource, stream: HashedStream | undefined) {
  if (stream === undefined) throw new TypeError('a section of another image');
  return streamChunks(source, stream);
}
