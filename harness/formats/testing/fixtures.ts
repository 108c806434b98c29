import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';

const FOLDER = new URL('../../../../shared/fixtures/', import.meta.url);

/** Why tests that need the fixtures are skipped; `undefined` where the fixtures are there. */
export const FIXTURES_MISSING = existsSync(FOLDER)
  ? undefined
  : `no fixtures at ${fileURLToPath(FOLDER)}`;

/** One folder of fixtures. */
export type FixtureFolder<Index> = {
  readonly index: Index;
  /** A file of the folder. */
  source(file: string): ByteSource;
};

/**
 * Opens a folder of fixtures.
 *
 * @param folder its name, e.g. `uki`
 * @param absent what stands for the index where there are no fixtures
 */
export function openFixtures<Index>(folder: string, absent: Index): FixtureFolder<Index> {
  const read = (file: string) => readFileSync(new URL(`${folder}/${file}`, FOLDER));
  const index: Index = FIXTURES_MISSING ? absent : JSON.parse(read('index.json').toString());
  return { index, source: (file) => bytesSource(file, read(file)) };
}
