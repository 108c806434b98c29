import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { PeImage, PeSection } from '../formats/pe.ts';
import { sectionMemory } from '../formats/section-memory.ts';
import { type Bank, type Digests, digestsOf } from '../measure/bank.ts';

/** Digests of a section as it stands in memory. */
export type SectionDigests = (section: PeSection) => Digests;

/** Addresses inside an image have 32 bits. */
const MAX_MEMORY = 2 ** 32;

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
  const total = pe.sections.reduce((sum, { virtualSize }) => sum + virtualSize, 0);
  if (total > MAX_MEMORY) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: 'sections that together fill at most 4 GiB of memory',
      found: `${total} bytes`,
    });
  }
  const known = new Map<number, Digests>();
  return (section) => {
    const digests = known.get(section.index) ?? digestsOf(banks, sectionMemory(source, section));
    known.set(section.index, digests);
    return digests;
  };
}
