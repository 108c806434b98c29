import { guidBytes } from '../../harness/bytes/guid.ts';
import { HASHES_GUIDS, HEADER_BYTES, type KernelHashes } from '../../harness/sev/hashes-table.ts';

/** Entries of a table by the blobs that they are for. */
type EntryName = keyof KernelHashes;

/** The order of QEMU's tables. */
const USUAL: readonly EntryName[] = ['cmdline', 'initrd', 'kernel'];

/** An entry, whose length need not be true. */
export function entry(
  name: EntryName,
  hash: Uint8Array,
  length = HEADER_BYTES + hash.length,
): Buffer {
  return withHeader(HASHES_GUIDS[name], hash, length);
}

/** A table of entries, whose GUID and length need not be true. */
export function table(
  entries: readonly Uint8Array[],
  { guid = HASHES_GUIDS.table, length }: { readonly guid?: string; readonly length?: number } = {},
): Buffer {
  const data = Buffer.concat(entries);
  return withHeader(guid, data, length ?? HEADER_BYTES + data.length);
}

/** The entries of a table with these names, in this order. */
export function entriesOf(hashes: KernelHashes, names = USUAL): readonly Buffer[] {
  return names.map((name) => entry(name, hashes[name]));
}

function withHeader(guid: string, data: Uint8Array, length: number): Buffer {
  const size = Buffer.alloc(2);
  size.writeUInt16LE(length);
  return Buffer.concat([guidBytes(guid), size, data]);
}
