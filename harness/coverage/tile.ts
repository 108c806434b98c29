import type { Region } from './region.ts';

/** A range of bytes: its first byte, and the first one behind it. */
export type Span = { readonly start: number; readonly end: number };

/**
 * Makes regions cover a range exactly once. Where they overlap, the one that starts first keeps the
 * bytes, and of those that start together the one that is given first; what none covers is filled.
 *
 * @param span the range
 * @param regions in any order; what lies outside of the range is cut off
 * @param filling what the bytes are that no region covers
 * @returns in order, those that touch and are alike joined to one
 */
export function tile(
  span: Span,
  regions: readonly Region[],
  filling: Omit<Region, 'start' | 'end'>,
): readonly Region[] {
  const tiles: Region[] = [];
  let at = span.start;
  for (const region of regions.toSorted((a, b) => a.start - b.start)) {
    const start = Math.max(region.start, at);
    const end = Math.min(region.end, span.end);
    if (start >= end) continue;
    if (start > at) append(tiles, { ...filling, start: at, end: start });
    append(tiles, { ...region, start, end });
    at = end;
  }
  if (at < span.end) append(tiles, { ...filling, start: at, end: span.end });
  return tiles;
}

function append(tiles: Region[], region: Region): void {
  const last = tiles.at(-1);
  if (last === undefined || last.end !== region.start || !isAlike(last, region)) tiles.push(region);
  else tiles[tiles.length - 1] = { ...last, end: region.end };
}

function isAlike(a: Region, b: Region): boolean {
  return (
    a.what === b.what &&
    a.file === b.file &&
    a.partly === b.partly &&
    a.steers === b.steers &&
    a.mayBeUsed === b.mayBeUsed &&
    a.executed === b.executed &&
    a.rewritten === b.rewritten &&
    a.detectedBy.join() === b.detectedBy.join()
  );
}
