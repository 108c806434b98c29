import type { TreeGeometry } from './tree-geometry.ts';

/**
 * Writes digests into the slots of a hash block.
 *
 * @param block the hash block
 * @param slot the first slot
 * @param digests digests, one behind the other
 */
export function setDigests(
  { digestBytes, slotBytes }: TreeGeometry,
  block: Uint8Array,
  slot: number,
  digests: Uint8Array,
): void {
  if (slotBytes === digestBytes) {
    block.set(digests, slot * slotBytes);
    return;
  }
  for (let start = 0, at = slot; start < digests.length; start += digestBytes, at++) {
    block.set(digests.subarray(start, start + digestBytes), at * slotBytes);
  }
}

/** The digest in a slot of a hash block. */
export function digestAt(
  { digestBytes, slotBytes }: TreeGeometry,
  block: Uint8Array,
  slot: number,
): Uint8Array {
  return block.subarray(slot * slotBytes, slot * slotBytes + digestBytes);
}

/**
 * Whether all bytes of a hash block are zero that belong to no digest.
 *
 * @param digests number of digests in the block
 */
export function isSpareZero(geometry: TreeGeometry, block: Uint8Array, digests: number): boolean {
  const spare = Uint8Array.from(block);
  for (let slot = 0; slot < digests; slot++) digestAt(geometry, spare, slot).fill(0);
  return spare.every((byte) => byte === 0);
}
