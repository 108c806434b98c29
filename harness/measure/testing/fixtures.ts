import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe } from 'vitest';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';

const FOLDER = resolve(import.meta.dirname, '../../../../shared/fixtures');

/**
 * Tests against real data with known answers, which stand beside the repository and not in it.
 *
 * @param title what the tests are about
 * @param tests registers the tests; not called where the data is missing
 */
export function describeWithFixtures(title: string, tests: () => void): void {
  if (existsSync(FOLDER)) {
    describe(title, tests);
  } else {
    describe.skip(`${title}: skipped, there is no ../shared/fixtures beside the repository`, () => {});
  }
}

/** A fixture's bytes; the path is relative to the folder of all fixtures. */
export function fixtureBytes(path: string): Buffer {
  return readFileSync(resolve(FOLDER, path));
}

/** A fixture as a source that bears its own name. */
export function fixtureSource(path: string): ByteSource {
  return bytesSource(path, fixtureBytes(path));
}

/** A fixture's index, or another of its JSON files. */
export function fixtureJson<T>(path: string): T {
  return JSON.parse(fixtureBytes(path).toString('utf8')) as T;
}
