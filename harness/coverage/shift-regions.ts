import type { Run } from '../bytes/run-source.ts';
import type { Region } from './region.ts';

/** The regions of a part of a file, as regions of the file. */
export function shifted(regions: readonly Region[], offset: number): readonly Region[] {
  return regions.map((region) => ({
    ...region,
    start: region.start + offset,
    end: region.end + offset,
  }));
}

/**
 * The regions of a file that lies in pieces, where the pieces are.
 *
 * @param regions in order, without gaps, from the start of the file on
 * @param runs the pieces in the order of the file
 */
export function placed(regions: readonly Region[], runs: readonly Run[]): readonly Region[] {
  const placedRegions: Region[] = [];
  let runStart = 0;
  let index = 0;
  for (const { offset, length } of runs) {
    const runEnd = runStart + length;
    for (; index < regions.length; index++) {
      const region = regions[index];
      if (region === undefined || region.start >= runEnd) break;
      const start = Math.max(region.start, runStart) - runStart + offset;
      const end = Math.min(region.end, runEnd) - runStart + offset;
      placedRegions.push({ ...region, start, end });
      if (region.end > runEnd) break;
    }
    runStart = runEnd;
  }
  return placedRegions;
}
