import { FormatError } from '../bytes/format-error.ts';
import type { Run } from '../bytes/run-source.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { type FatVolume, fileRuns } from '../formats/fat.ts';
import { type FatEntry, readDirectory } from '../formats/fat-directory.ts';
import { DIRECTORY_ENTRY_BYTES } from '../formats/fat-geometry.ts';
import { followChain } from '../formats/fat-table.ts';

/** A directory has at most 65536 entries (Microsoft FAT specification, 6). */
const MAX_DIRECTORY_BYTES = 65536 * DIRECTORY_ENTRY_BYTES;

/** More files than any EFI system partition has; keeps a hostile one from costing time. */
const MAX_ENTRIES = 1 << 16;

/** Attributes of an entry that is part of a long name, in their byte. */
const ATTRIBUTES = 11;
const LONG_NAME = 0x0f;
const DELETED = 0xe5;

/** A file or directory, and where it is said that there is one. Offsets are in bytes, from the volume's start. */
export type StoredEntry = {
  readonly entry: FatEntry;
  /** Path from the root of the volume, `/` before each name. */
  readonly path: string;
  /** The entries of its long name. */
  readonly longName: readonly number[];
  /** The entry with its short name. */
  readonly short: number;
  /** Its content; none where the chain of its clusters is damaged. */
  readonly runs: readonly Run[];
};

/** A directory with all that is in it. */
export type StoredDirectory = {
  readonly path: string;
  readonly runs: readonly Run[];
  readonly entries: readonly StoredEntry[];
};

/**
 * Walks through all directories of a FAT volume.
 *
 * @param volume the volume
 * @returns each directory once, the root directory first
 * @throws FormatError where the root directory is damaged, or there are more files than there can be
 */
export function storedDirectories(volume: FatVolume): readonly StoredDirectory[] {
  const { geometry, source } = volume;
  const rootRuns =
    'offset' in geometry.root ? [geometry.root] : clusterRuns(volume, geometry.root.cluster);
  const directories: StoredDirectory[] = [];
  const seen = new Set<number>();
  const open: { path: string; runs: readonly Run[] }[] = [{ path: '', runs: rootRuns }];
  let count = 0;
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const entries = storedEntries(volume, next.path, next.runs);
    directories.push({ ...next, entries });
    count += entries.length;
    if (count > MAX_ENTRIES) throw tooMany(source);
    for (const { entry, path, runs } of entries) {
      if (!entry.isDirectory || runs.length === 0 || seen.has(entry.cluster)) continue;
      seen.add(entry.cluster);
      open.push({ path, runs });
    }
  }
  return directories;
}

function tooMany(source: ByteSource): FormatError {
  return new FormatError({
    file: source.name,
    offset: 0,
    expected: `at most ${MAX_ENTRIES} files`,
    found: 'more',
  });
}

function storedEntries(
  volume: FatVolume,
  folder: string,
  runs: readonly Run[],
): readonly StoredEntry[] {
  const stored: StoredEntry[] = [];
  let group: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  for (const slot of slotsOf(volume.source, runs)) {
    const [first = 0] = slot.bytes;
    if (first === 0) break;
    if (slot.bytes[ATTRIBUTES] === LONG_NAME && first !== DELETED) {
      group.push(slot);
      continue;
    }
    const bytes = Buffer.concat([...group, slot].map((one) => one.bytes));
    const [entry] = readDirectory(volume.source.name, bytes, volume.geometry.bits === 32);
    if (entry !== undefined) {
      const longName = group.map(({ at }) => at);
      const path = `${folder}/${entry.name}`;
      stored.push({ entry, path, longName, short: slot.at, runs: contentRuns(volume, entry) });
    }
    group = [];
  }
  return stored;
}

function* slotsOf(source: ByteSource, runs: readonly Run[]) {
  for (const { offset, length } of runs) {
    const bytes = readRange(source, offset, length, 'directory');
    for (let at = 0; at + DIRECTORY_ENTRY_BYTES <= length; at += DIRECTORY_ENTRY_BYTES) {
      yield { at: offset + at, bytes: bytes.subarray(at, at + DIRECTORY_ENTRY_BYTES) };
    }
  }
}

/** What nobody can read has no bytes of its own. */
function contentRuns(volume: FatVolume, entry: FatEntry): readonly Run[] {
  try {
    return entry.isDirectory ? clusterRuns(volume, entry.cluster) : fileRuns(volume, entry);
  } catch (error) {
    if (error instanceof FormatError) return [];
    throw error;
  }
}

function clusterRuns({ source, geometry }: FatVolume, cluster: number): readonly Run[] {
  return followChain(source, geometry, cluster, { atMost: MAX_DIRECTORY_BYTES });
}
