import { expect } from 'vitest';
import type { Region } from '../region.ts';
import type { Span } from '../tile.ts';

/** Expects that regions cover a range exactly once, in order. */
export function expectTiling(regions: readonly Region[], { start, end }: Span): void {
  let at = start;
  for (const region of regions) {
    expect(region.start).toBe(at);
    expect(region.end).toBeGreaterThan(region.start);
    at = region.end;
  }
  expect(at).toBe(end);
}
