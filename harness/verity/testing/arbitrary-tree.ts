import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { VerityAlgorithm, VerityParameters } from '../parameters.ts';
import { type MadeTree, makeTree } from './make-tree.ts';

const ALGORITHMS: readonly VerityAlgorithm[] = ['sha1', 'sha256', 'sha384', 'sha512'];

/** Parameters of every kind that there is, with few data blocks. */
export const arbitraryParameters: fc.Arbitrary<VerityParameters> = fc.record({
  format: fc.constantFrom(0 as const, 1 as const),
  algorithm: fc.constantFrom(...ALGORITHMS),
  dataBlockBytes: fc.constantFrom(512, 1024, 4096),
  hashBlockBytes: fc.constantFrom(512, 1024, 4096),
  dataBlocks: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 150 })),
  salt: fc.uint8Array({ maxLength: 256 }),
});

/** A tree of such parameters over data that look random. */
export const arbitraryTree: fc.Arbitrary<MadeTree> = fc
  .tuple(arbitraryParameters, fc.nat(), fc.boolean())
  .map(([parameters, seed, hasSuperblock]) =>
    makeTree(
      parameters,
      noise(seed, parameters.dataBlocks * parameters.dataBlockBytes),
      hasSuperblock,
    ),
  );

/** Bytes that look random and are the same for the same seed. */
export function noise(seed: number, size: number): Buffer {
  const bytes = createHash('shake256', { outputLength: size }).update(String(seed)).digest();
  return bytes;
}

/** Whether the hash device of a made tree begins with a superblock. */
export function hasSuperblock({ hash }: MadeTree): boolean {
  return hash.subarray(0, 8).toString('latin1') === 'verity\0\0';
}
