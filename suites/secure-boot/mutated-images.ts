import type { DistributionPki, PkiName } from '../../harness/images/distribution-pki.ts';
import { SeededNumbers } from './random.ts';
import { signedImage } from './signed-image.ts';
import { PE, PROGRAM, type TrialImage } from './witness-image.ts';

/** Parts of a signed image, each of which is hit as often as any other. */
const PARTS = ['headers', 'sections', 'certificate table', 'CMS', 'end'] as const;

/** Ways to change a few bytes. */
const CHANGES = ['flip', 'set', 'copy', 'insert', 'delete'] as const;

const SIGNERS: readonly PkiName[] = ['uki', 'uki', 'expired', 'revoked', 'foreign'];

/** Values that readers stumble over. */
const ODD_BYTES = [0x00, 0x01, 0x7f, 0x80, 0x81, 0x82, 0x83, 0xff, 0x30, 0x31, 0x04, 0xa0] as const;

/**
 * Sound images with a few bytes changed after they were signed.
 *
 * @param seed gives the same images again, but for their signatures
 */
export function mutatedImages(
  pki: DistributionPki,
  seed: number,
  count: number,
): readonly TrialImage[] {
  const random = new SeededNumbers(seed);
  const sound = SIGNERS.map((signer) => signedImage(PROGRAM, pki, signer));
  return Array.from({ length: count }, (_, index) => {
    const part = random.of(PARTS);
    const change = random.of(CHANGES);
    const bytes = changed(random, random.of(sound), part, change);
    return { name: `mutation ${seed}.${index}: ${change} in ${part}`, bytes };
  });
}

function changed(
  random: SeededNumbers,
  image: Uint8Array,
  part: (typeof PARTS)[number],
  change: (typeof CHANGES)[number],
): Uint8Array {
  const [start, end] = rangeOf(part, image);
  const at = start + random.below(end - start);
  const copy = Buffer.from(image);
  switch (change) {
    case 'flip':
      copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8));
      return copy;
    case 'set':
      copy[at] = random.of(ODD_BYTES);
      return copy;
    case 'copy':
      return copy.copyWithin(at, start + random.below(end - start), end).subarray(0);
    case 'insert':
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.alloc(1 + random.below(16)),
        copy.subarray(at),
      ]);
    case 'delete':
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + 1 + random.below(16))]);
  }
}

function rangeOf(
  part: (typeof PARTS)[number],
  image: Uint8Array,
): readonly [start: number, end: number] {
  const table = PROGRAM.length;
  switch (part) {
    case 'headers':
      return [0, PE.sections + 80];
    case 'sections':
      return [PE.sections + 80, table];
    case 'certificate table':
      return [table, table + 64];
    case 'CMS':
      return [table + 8, image.length];
    case 'end':
      return [image.length - 32, image.length];
  }
}
