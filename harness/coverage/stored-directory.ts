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
  return new DirectoryWalk(volume).directories();
}

class DirectoryWalk {
  readonly #volume: FatVolume;
  /** First clusters of the directories that are listed, or will be. */
  readonly #seen = new Set<number>();
  /** Bytes that no file or directory has had yet: more are there only where clusters are in several. */
  #roomBytes: number;

  constructor(volume: FatVolume) {
    this.#volume = volume;
    this.#roomBytes = volume.source.size;
  }

  directories(): readonly StoredDirectory[] {
    const { geometry, source } = this.#volume;
    const { root } = geometry;
    const runs = 'offset' in root ? [root] : clusterRuns(this.#volume, root.cluster);
    const directories: StoredDirectory[] = [];
    const open: Pick<StoredDirectory, 'path' | 'runs'>[] = [{ path: '', runs }];
    let count = 0;
    for (let next = open.shift(); next !== undefined; next = open.shift()) {
      const entries = this.#entriesOf(next.path, next.runs);
      directories.push({ ...next, entries });
      count += entries.length;
      if (count > MAX_ENTRIES) throw tooMany(source);
      open.push(...entries.filter((stored) => this.#isNew(stored)));
    }
    return directories;
  }

  #isNew({ entry, runs }: StoredEntry): boolean {
    if (!entry.isDirectory || runs.length === 0 || this.#seen.has(entry.cluster)) return false;
    this.#seen.add(entry.cluster);
    return true;
  }

  #entriesOf(folder: string, runs: readonly Run[]): readonly StoredEntry[] {
    const { source, geometry } = this.#volume;
    const stored: StoredEntry[] = [];
    let group: { readonly at: number; readonly bytes: Uint8Array }[] = [];
    for (const slot of slotsOf(source, runs)) {
      const [first = 0] = slot.bytes;
      if (first === 0) break;
      if (slot.bytes[ATTRIBUTES] === LONG_NAME && first !== DELETED) {
        group.push(slot);
        continue;
      }
      const bytes = Buffer.concat([...group, slot].map((one) => one.bytes));
      const [entry] = readDirectory(source.name, bytes, geometry.bits === 32);
      if (entry !== undefined) {
        const longName = group.map(({ at }) => at);
        const path = `${folder}/${entry.name}`;
        stored.push({ entry, path, longName, short: slot.at, runs: this.#contentOf(entry) });
      }
      group = [];
    }
    return stored;
  }

  /** What nobody can read has no bytes of its own, and what others have. */
  #contentOf(entry: FatEntry): readonly Run[] {
    if (entry.size > this.#roomBytes) return [];
    try {
      const runs = entry.isDirectory
        ? clusterRuns(this.#volume, entry.cluster)
        : fileRuns(this.#volume, entry);
      this.#roomBytes -= runs.reduce((sum, { length }) => sum + length, 0);
      return this.#roomBytes < 0 ? [] : runs;
    } catch (error) {
      if (error instanceof FormatError) return [];
      throw error;
    }
  }
}

function tooMany(source: ByteSource): FormatError {
  return new FormatError({
    file: source.name,
    offset: 0,
    expected: `at most ${MAX_ENTRIES} files`,
    found: 'more',
  });
}

function* slotsOf(source: ByteSource, runs: readonly Run[]) {
  for (const { offset, length } of runs) {
    const bytes = readRange(source, offset, length, 'directory');
    for (let at = 0; at + DIRECTORY_ENTRY_BYTES <= length; at += DIRECTORY_ENTRY_BYTES) {
      yield { at: offset + at, bytes: bytes.subarray(at, at + DIRECTORY_ENTRY_BYTES) };
    }
  }
}

function clusterRuns({ source, geometry }: FatVolume, cluster: number): readonly Run[] {
  return followChain(source, geometry, cluster, { atMost: MAX_DIRECTORY_BYTES });
}
