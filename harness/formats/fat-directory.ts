import { Cursor } from '../bytes/cursor.ts';
import { DIRECTORY_ENTRY_BYTES } from './fat-geometry.ts';
import { longName, shortName, shortNameChecksum } from './fat-name.ts';

/** Attribute bits of a directory entry. */
const READ_ONLY = 0x01;
const VOLUME_LABEL = 0x08;
const DIRECTORY = 0x10;
const LONG_NAME = 0x0f;

/** First bytes of the name that are no name. */
const END_OF_DIRECTORY = 0x00;
const DELETED = 0xe5;

/** Marks the entry that holds the end of a long name; it is the first on disk. */
const LAST_LONG_ENTRY = 0x40;

/** A long name has at most 255 characters, 13 in an entry. */
const MAX_LONG_ENTRIES = 20;

/** A file or directory. */
export type FatEntry = {
  /** The long name, or the short one where there is none. */
  readonly name: string;
  readonly shortName: string;
  readonly isDirectory: boolean;
  readonly isReadOnly: boolean;
  /** Size in bytes; 0 of a directory. */
  readonly size: number;
  /** First cluster of the content; 0 where there is no content. */
  readonly cluster: number;
};

/**
 * Reads the entries of a directory, those for itself and its parent left out.
 *
 * @param file name for error messages
 * @param bytes the directory's content
 * @param hasWideClusters whether cluster numbers have 32 bits: on FAT32 alone
 * @see edk2, FatPkg/EnhancedFatDxe/DirectoryManage.c
 */
export function readDirectory(
  file: string,
  bytes: Uint8Array,
  hasWideClusters: boolean,
): readonly FatEntry[] {
  const entries: FatEntry[] = [];
  let longEntries: Uint8Array[] = [];
  for (const entry of splitEntries(bytes)) {
    const [first = 0] = entry;
    const attributes = entry[11] ?? 0;
    if (first === END_OF_DIRECTORY && (attributes & VOLUME_LABEL) === 0) break;
    if (attributes === LONG_NAME && first !== DELETED) {
      longEntries = [entry, ...longEntries.slice(0, MAX_LONG_ENTRIES - 1)];
      continue;
    }
    if (first !== DELETED && (attributes & VOLUME_LABEL) === 0 && !isDot(entry)) {
      entries.push(readEntry(file, entry, longEntries, hasWideClusters));
    }
    longEntries = [];
  }
  return entries;
}

function* splitEntries(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let start = 0; start < bytes.length; start += DIRECTORY_ENTRY_BYTES) {
    yield bytes.subarray(start, start + DIRECTORY_ENTRY_BYTES);
  }
}

/** `.` and `..` are the only short names that start with a full stop. */
function isDot(entry: Uint8Array): boolean {
  return entry[0] === 0x2e;
}

function readEntry(
  file: string,
  entry: Uint8Array,
  longEntries: readonly Uint8Array[],
  hasWideClusters: boolean,
): FatEntry {
  const cursor = new Cursor(file, entry);
  const nameBytes = cursor.take(11, 'short name');
  const attributes = cursor.u8('attributes');
  const short = shortName(nameBytes, cursor.u8('case flags'));
  cursor.take(7, 'times');
  const clusterHigh = cursor.u16('first cluster, high part');
  cursor.take(4, 'time of the last write');
  const clusterLow = cursor.u16('first cluster, low part');
  const size = cursor.u32('file size');
  const isDirectory = (attributes & DIRECTORY) !== 0;
  return {
    name: longNameOf(nameBytes, longEntries) ?? short,
    shortName: short,
    isDirectory,
    isReadOnly: (attributes & READ_ONLY) !== 0,
    size: isDirectory ? 0 : size,
    cluster: (hasWideClusters ? clusterHigh * 0x10000 : 0) + clusterLow,
  };
}

/** The long name, if its entries belong to this short name and are complete. */
function longNameOf(name: Uint8Array, candidates: readonly Uint8Array[]): string | undefined {
  const checksum = shortNameChecksum(name);
  for (const [index, entry] of candidates.entries()) {
    const ordinal = entry[0] ?? 0;
    const belongs = entry[13] === checksum && entry[26] === 0 && entry[27] === 0;
    if (!belongs || (ordinal & ~LAST_LONG_ENTRY) !== index + 1) return undefined;
    if ((ordinal & LAST_LONG_ENTRY) !== 0) return longName(candidates.slice(0, index + 1));
  }
  return undefined;
}
