import { type ByteSource, readRange } from './source.ts';

/** A piece of a source: offset and length in bytes. */
export type Run = { readonly offset: number; readonly length: number };

/**
 * Pieces of a source, one after the other, as a source of its own: a fragmented file. Nothing is read
 * until it is asked for, and what lies in one piece is not copied.
 *
 * @param source what holds the pieces
 * @param runs the pieces in order; together at least `size` bytes
 * @param size size of the new source in bytes
 * @param name name of the new source, for error messages
 * @throws FormatError where a piece reaches beyond the end of `source`
 */
export function runSource(
  source: ByteSource,
  runs: readonly Run[],
  size: number,
  name: string,
): ByteSource {
  const starts: number[] = [];
  let total = 0;
  for (const { offset, length } of runs) {
    readRange(source, offset + length, 0, name);
    starts.push(total);
    total += length;
  }
  const pieces = (offset: number, length: number): readonly Uint8Array[] => {
    const found: Uint8Array[] = [];
    let done = 0;
    for (let index = lastAtOrBefore(starts, offset); done < length; index++) {
      const run = runs[index];
      const start = starts[index];
      if (run === undefined || start === undefined) throw new RangeError(`${name} ends early`);
      const inRun = offset + done - start;
      const count = Math.min(run.length - inRun, length - done);
      found.push(source.read(run.offset + inRun, count));
      done += count;
    }
    return found;
  };
  return {
    name,
    size,
    read: (offset, length) => {
      const [first = new Uint8Array(0), ...rest] = pieces(offset, length);
      return rest.length === 0 ? first : Buffer.concat([first, ...rest]);
    },
  };
}

/** Index of the last of ascending numbers that is not above a value. */
function lastAtOrBefore(ascending: readonly number[], value: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((ascending[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
