import { type ByteSource, readRange } from './source.ts';

/**
 * A range of a source as a source of its own: a partition of a disk, a section of a file. Nothing
 * is read until it is asked for.
 *
 * @param source what holds the range
 * @param offset first byte of the range, from the start of `source`
 * @param length size of the range in bytes
 * @param what what the range holds, for the error message; also names the new source
 * @throws FormatError where the range reaches beyond the end of `source`
 */
export function sliceSource(
  source: ByteSource,
  offset: number,
  length: number,
  what: string,
): ByteSource {
  readRange(source, offset + length, 0, what);
  return {
    name: `${source.name} (${what})`,
    size: length,
    read: (start, count) => source.read(offset + start, count),
  };
}
