import { FormatError } from '../bytes/format-error.ts';
import type { Run } from '../bytes/run-source.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { FatGeometry } from './fat-geometry.ts';

/** The first cluster's number. */
const FIRST_CLUSTER = 2;

/** Entries from this value on end a chain; the one below marks a bad cluster. */
const END_OF_CHAIN = { 12: 0xff8, 16: 0xfff8, 32: 0x0ffffff8 } as const;

/** How much of the table is read at once, in bytes. */
const WINDOW_BYTES = 64 << 10;

/** What is read of a chain. */
export type ChainLength =
  /** This many bytes; the chain has to hold them. */
  | { readonly bytes: number }
  /** To its end, as that of a directory, which has to come before this many bytes. */
  | { readonly atMost: number };

/**
 * Follows a chain of clusters.
 *
 * @param volume the FAT volume
 * @param geometry where its parts are
 * @param firstCluster number of the chain's first cluster
 * @param length how much of the chain is read
 * @returns its pieces in order, those that touch joined to one
 * @throws FormatError where the chain ends early, is too long, leads to a bad or a free cluster, or comes back
 *   to one that it has passed; where it leaves the volume, unless it is read to its end, which that is
 */
export function followChain(
  volume: ByteSource,
  geometry: FatGeometry,
  firstCluster: number,
  length: ChainLength,
): readonly Run[] {
  const { clusterBytes, dataOffset } = geometry;
  const runs: Run[] = [];
  for (const cluster of clustersOf(volume, geometry, firstCluster, length)) {
    const offset = dataOffset + (cluster - FIRST_CLUSTER) * clusterBytes;
    append(runs, { offset, length: clusterBytes });
  }
  return runs;
}

function* clustersOf(
  volume: ByteSource,
  geometry: FatGeometry,
  firstCluster: number,
  length: ChainLength,
): Generator<number, void, undefined> {
  const { clusterBytes, clusters, bits } = geometry;
  const hasEnded =
    'bytes' in length
      ? (_: number, done: number) => done >= length.bytes
      : (cluster: number) => cluster >= END_OF_CHAIN[bits] || isNowhere(geometry, cluster);
  const limit = 'bytes' in length ? length.bytes : length.atMost;
  const entryOf = tableReader(volume, geometry);
  const passed = new Uint8Array(Math.ceil((clusters + FIRST_CLUSTER) / 8));
  let entry = { cluster: firstCluster, entryOffset: 0 };
  const fail = (expected: string, found: string): never => {
    throw new FormatError({ file: volume.name, offset: entry.entryOffset, expected, found });
  };
  for (let done = 0; !hasEnded(entry.cluster, done); done += clusterBytes) {
    const { cluster } = entry;
    if (cluster < FIRST_CLUSTER || cluster >= clusters + FIRST_CLUSTER) {
      fail(`a cluster from 2 to ${clusters + 1} in a chain`, `0x${cluster.toString(16)}`);
    }
    if (done >= limit) fail(`a chain of at most ${limit} bytes`, 'a longer one');
    if (!markOnce(passed, cluster)) fail('a chain without a loop', `cluster ${cluster} again`);
    yield cluster;
    entry = entryOf(cluster);
  }
}

/**
 * To the firmware, what follows a cluster that there is not is the end of the chain (edk2,
 * FatPkg/EnhancedFatDxe/FileSpace.c, FatGetFatEntry). The value of a bad cluster is another one.
 */
function isNowhere({ clusters, bits }: FatGeometry, cluster: number): boolean {
  return cluster >= clusters + FIRST_CLUSTER && cluster < END_OF_CHAIN[bits] - 1;
}

/** An entry of the table: the cluster that follows, and where this is said on the volume. */
type TableEntry = { readonly cluster: number; readonly entryOffset: number };

/** Gives the entry of a cluster, and where it is; reads the table in larger pieces. */
function tableReader(volume: ByteSource, { table, bits }: FatGeometry) {
  const entryBytes = bits === 32 ? 4 : 2;
  // A file has thousands of clusters: too many for a cursor each.
  let window: { offset: number; view: DataView } = {
    offset: 0,
    view: new DataView(new ArrayBuffer(0)),
  };
  return (cluster: number): TableEntry => {
    const inTable = Math.floor((cluster * bits) / 8);
    if (inTable + entryBytes > table.length) {
      throw new FormatError({
        file: volume.name,
        offset: table.offset,
        expected: `a table with an entry for cluster ${cluster}`,
        found: `${table.length} bytes`,
      });
    }
    const entryOffset = table.offset + inTable;
    const end = window.offset + window.view.byteLength;
    if (entryOffset < window.offset || entryOffset + entryBytes > end) {
      const length = Math.min(WINDOW_BYTES, table.length - inTable);
      const read = readRange(volume, entryOffset, length, 'file allocation table');
      const view = new DataView(read.buffer, read.byteOffset, read.byteLength);
      window = { offset: entryOffset, view };
    }
    const start = entryOffset - window.offset;
    const entries = window.view;
    if (bits === 32) return { cluster: entries.getUint32(start, true) & 0x0fffffff, entryOffset };
    const value = entries.getUint16(start, true);
    if (bits === 16) return { cluster: value, entryOffset };
    return { cluster: cluster % 2 === 0 ? value & 0xfff : value >> 4, entryOffset };
  };
}

/** Sets a bit; says whether it was clear before. */
function markOnce(bits: Uint8Array, index: number): boolean {
  const byte = bits[index >> 3] ?? 0;
  const mask = 1 << (index & 7);
  bits[index >> 3] = byte | mask;
  return (byte & mask) === 0;
}

function append(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  if (last === undefined || last.offset + last.length !== run.offset) runs.push(run);
  else runs[runs.length - 1] = { offset: last.offset, length: last.length + run.length };
}
