import { createHash } from 'node:crypto';
import type { Flip } from './flipped-source.ts';
import type { Region } from './region.ts';

/** A change that is tried, and the region that it is in. */
export type Trial = Flip & { readonly region: Region };

/**
 * Chooses single bits in every region: the same for the same seed.
 *
 * @param regions where
 * @param count how many in each region
 * @param seed any number
 */
export function sampleRegions(
  regions: readonly Region[],
  count: number,
  seed: number,
): readonly Trial[] {
  return regions.flatMap((region) =>
    Array.from({ length: count }, (_, index) => {
      const text = `${seed} ${region.start} ${index}`;
      const random = createHash('sha256').update(text).digest();
      const place = random.readUIntBE(0, 6) % (region.end - region.start);
      return { region, offset: region.start + place, bits: 1 << (random.readUInt8(6) % 8) };
    }),
  );
}
