import { writeFile } from 'node:fs/promises';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, chunksOf } from '../bytes/source.ts';
import { type PeSection, readPe } from '../formats/pe.ts';

/**
 * A section of a UKI.
 *
 * @throws FormatError where it has none of this name
 */
export function sectionOf(source: ByteSource, name: string): PeSection {
  const section = readPe(source).sections.find((candidate) => candidate.name === name);
  if (section !== undefined) return section;
  throw new FormatError({
    file: source.name,
    offset: 0,
    expected: `a UKI with a ${name} section`,
    found: 'none',
  });
}

/**
 * Writes what a section of a UKI holds to a file that is not there.
 *
 * @throws FormatError where the UKI has no such section
 */
export async function writeSection(source: ByteSource, name: string, path: string): Promise<void> {
  const section = sectionOf(source, name);
  const content = chunksOf(source, section.rawOffset, section.virtualSize, name);
  await writeFile(path, content, { flag: 'wx' });
}
