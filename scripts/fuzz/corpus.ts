import { existsSync, readFileSync } from 'node:fs';
import { type FuzzTarget, USUAL_BYTES } from './target.ts';

/** Recorded inputs; they stand beside the repository, and not in it. */
export const FIXTURES = new URL('../../../shared/fixtures/', import.meta.url);

/** What inputs are made from: recorded ones where there are any, and those of the test makers. */
export function corpusOf(target: FuzzTarget): readonly Uint8Array[] {
  const { made, fixtures = [], maxBytes = USUAL_BYTES } = target;
  const files = fixtures.map((path) => new URL(path, FIXTURES));
  const present = files.filter((file) => existsSync(file));
  const recorded = present.map((file) => new Uint8Array(readFileSync(file)));
  return [...recorded, ...made()].map((bytes) => bytes.subarray(0, maxBytes));
}
