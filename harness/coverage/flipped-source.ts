import type { ByteSource } from '../bytes/source.ts';

/** A change of one byte: where it is, and the bits that are turned over. */
export type Flip = { readonly offset: number; readonly bits: number };

/**
 * A source with some bits turned over. Nothing is copied but what is read.
 *
 * @param source the file
 * @param flip where, in bytes from the start of the file, and which bits
 */
export function flippedSource(source: ByteSource, { offset: at, bits }: Flip): ByteSource {
  return {
    name: source.name,
    size: source.size,
    read: (offset, length) => {
      const bytes = source.read(offset, length);
      if (at < offset || at >= offset + length) return bytes;
      const changed = Uint8Array.from(bytes);
      changed[at - offset] = (changed[at - offset] ?? 0) ^ bits;
      return changed;
    },
  };
}
