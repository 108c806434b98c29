import { type Run, runSource } from '../bytes/run-source.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { type FatEntry, readDirectory } from './fat-directory.ts';
import { DIRECTORY_ENTRY_BYTES, type FatGeometry, readFatGeometry } from './fat-geometry.ts';
import { foldName } from './fat-name.ts';
import { followChain } from './fat-table.ts';

/** A directory has at most 65536 entries (Microsoft FAT specification, 6). */
const MAX_DIRECTORY_BYTES = 65536 * DIRECTORY_ENTRY_BYTES;

/** A FAT volume that is read and never written. */
export type FatVolume = { readonly source: ByteSource; readonly geometry: FatGeometry };

/**
 * Opens a FAT12, FAT16 or FAT32 volume.
 *
 * @param source the partition or image
 * @throws FormatError where the firmware would not mount it
 */
export function openFat(source: ByteSource): FatVolume {
  return { source, geometry: readFatGeometry(source) };
}

/**
 * Lists a directory.
 *
 * @param volume the volume
 * @param path names separated by `\` or `/`; the empty path is the root directory
 * @returns its entries in the order on disk; `undefined` where there is no such directory
 * @throws FormatError where a directory on the way is damaged
 */
export function listDirectory(volume: FatVolume, path: string): readonly FatEntry[] | undefined {
  const names = splitPath(path);
  const directory = names.length === 0 ? undefined : findEntry(volume, path);
  if (names.length > 0 && !directory?.isDirectory) return undefined;
  return readEntries(volume, directory);
}

/**
 * Finds a file or directory as the firmware does: case does not matter, and a short name is as good
 * as the long one.
 *
 * @param volume the volume
 * @param path names separated by `\` or `/`, from the root directory
 * @returns `undefined` where a name is not found, or one on the way is no directory
 * @throws FormatError where a directory on the way is damaged
 */
export function findEntry(volume: FatVolume, path: string): FatEntry | undefined {
  let entry: FatEntry | undefined;
  for (const [depth, name] of splitPath(path).map(foldName).entries()) {
    if (depth > 0 && !entry?.isDirectory) return undefined;
    const entries = readEntries(volume, entry);
    entry =
      entries.find((candidate) => foldName(candidate.name) === name) ??
      entries.find((candidate) => foldName(candidate.shortName) === name);
  }
  return entry;
}

/**
 * Opens a file.
 *
 * @param volume the volume
 * @param path names separated by `\` or `/`, from the root directory
 * @returns the file's content, read from the volume piece by piece; `undefined` where there is no
 *   such file
 * @throws FormatError where the file or a directory on the way is damaged
 */
export function openFile(volume: FatVolume, path: string): ByteSource | undefined {
  const entry = findEntry(volume, path);
  if (entry === undefined || entry.isDirectory) return undefined;
  const name = `${volume.source.name}:${splitPath(path).join('/')}`;
  return runSource(volume.source, fileRuns(volume, entry), entry.size, name);
}

/**
 * Where a file's content is on the volume.
 *
 * @param volume the volume
 * @param entry a file of this volume
 * @returns offsets and lengths in bytes, in the order of the file; the last one is filled up to the
 *   end of its cluster
 * @throws FormatError where the file's chain of clusters is damaged
 */
export function fileRuns(volume: FatVolume, entry: FatEntry): readonly Run[] {
  return followChain(volume.source, volume.geometry, entry.cluster, { bytes: entry.size });
}

/** Entries of a directory; of the root directory where none is given. */
function readEntries(volume: FatVolume, directory: FatEntry | undefined): readonly FatEntry[] {
  const { source, geometry } = volume;
  const content = Buffer.concat(
    directoryRuns(volume, directory).map(({ offset, length }) =>
      readRange(source, offset, length, 'directory'),
    ),
  );
  return readDirectory(source.name, content, geometry.bits === 32);
}

function directoryRuns(
  { source, geometry }: FatVolume,
  directory: FatEntry | undefined,
): readonly Run[] {
  if (directory === undefined && 'offset' in geometry.root) return [geometry.root];
  const root = 'cluster' in geometry.root ? geometry.root.cluster : 0;
  const cluster = directory?.cluster ?? root;
  return followChain(source, geometry, cluster, { atMost: MAX_DIRECTORY_BYTES });
}

function splitPath(path: string): readonly string[] {
  return path.split(/[\\/]/).filter((name) => name !== '');
}
