import { type ByteSource, readRange } from '../bytes/source.ts';
import type { PeSection } from './pe.ts';

/**
 * A section as it stands in memory, as a source of its own: VirtualSize bytes, cut off or filled
 * with zeros where the file has more or fewer.
 *
 * @param source the image
 * @param section one of its sections
 */
export function sectionSource(source: ByteSource, section: PeSection): ByteSource {
  const { name, rawOffset, rawSize, virtualSize } = section;
  const stored = Math.min(rawSize, virtualSize);
  return {
    name: `${source.name} (${name})`,
    size: virtualSize,
    read: (offset, length) => {
      const fromFile = Math.max(0, Math.min(length, stored - offset));
      if (fromFile === length) return readRange(source, rawOffset + offset, length, name);
      const bytes = new Uint8Array(length);
      if (fromFile > 0) bytes.set(readRange(source, rawOffset + offset, fromFile, name));
      return bytes;
    },
  };
}
