import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { type CpioMember, readCpio } from './cpio.ts';
import type { TreeNode } from './file-tree.ts';

/** Types of files in `st_mode`. */
const TYPE_MASK = 0o170000;
const FOLDER = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;

/** Larger initrds are not unpacked. */
const MAX_BYTES = 1 << 30;

/** What a byte may unpack to; initrds have four. Keeps a hostile one of some kilobytes from claiming memory. */
const MAX_RATIO = 128;

/**
 * Room for what a byte unpacks to: enough for most initrds, so that what is unpacked need not be put together
 * from pieces, which takes as much memory again. What of the room is not filled takes none.
 */
const USUAL_RATIO = 5;
const LEAST_ROOM_BYTES = 1 << 17;

/** How compressed data begin (Linux, lib/decompress.c); those without a function are not read. */
const COMPRESSIONS = [
  { name: 'gzip', magic: '1f8b', unpack: gunzipSync },
  { name: 'zstd', magic: '28b52ffd', unpack: zstdDecompressSync },
  { name: 'xz', magic: 'fd377a585a' },
  { name: 'lz4', magic: '02214c18' },
  { name: 'bzip2', magic: '425a' },
  { name: 'LZMA', magic: '5d00' },
  { name: 'LZO', magic: '894c5a' },
] as const;

/**
 * The files of an initrd: cpio archives one after the other, of which the last may be compressed. A
 * later file takes the place of an earlier one.
 *
 * @param initrd as the kernel gets it, or the part of it that holds the system
 * @throws FormatError where it is damaged, larger than 1 GiB, or compressed in a way that is not read
 * @see Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function initrdTree(initrd: ByteSource): TreeNode {
  if (initrd.size > MAX_BYTES) throw tooLarge(initrd, initrd.size);
  const members = readArchives(initrd.name, initrd.read(0, initrd.size), initrd);
  const top: MadeFolder = new Map();
  for (const member of members) place(top, member);
  return folderNode(initrd.name, top);
}

function readArchives(name: string, bytes: Uint8Array, initrd: ByteSource): readonly CpioMember[] {
  const members: CpioMember[] = [];
  for (let offset = 0; ; ) {
    while (bytes[offset] === 0) offset += 1;
    if (offset >= bytes.length) return members;
    const rest = bytes.subarray(offset);
    const begin = Buffer.from(rest.subarray(0, 8)).toString('hex');
    const compression = COMPRESSIONS.find(({ magic }) => begin.startsWith(magic));
    if (compression !== undefined) {
      const unpacked = unpack(initrd, offset, rest, compression);
      return [...members, ...readCpio(`${name}, unpacked`, unpacked).members];
    }
    const archive = readCpio(name, rest, offset);
    members.push(...archive.members);
    offset += archive.size;
  }
}

function unpack(
  initrd: ByteSource,
  offset: number,
  bytes: Uint8Array,
  compression: (typeof COMPRESSIONS)[number],
): Uint8Array {
  const fail = (found: string) =>
    new FormatError({
      file: initrd.name,
      offset,
      expected: 'an initrd that is not compressed, or with gzip or zstd',
      found,
    });
  if (!('unpack' in compression)) throw fail(compression.name);
  try {
    const maxOutputLength = Math.min(MAX_BYTES, MAX_RATIO * bytes.length);
    const room = Math.max(LEAST_ROOM_BYTES, USUAL_RATIO * bytes.length);
    const chunkSize = Math.min(MAX_BYTES, room);
    return compression.unpack(bytes, { maxOutputLength, chunkSize });
  } catch (error) {
    throw fail(`${compression.name}: ${error instanceof Error ? error.message : 'damaged'}`);
  }
}

function tooLarge({ name }: ByteSource, size: number): FormatError {
  return new FormatError({
    file: name,
    offset: 0,
    expected: `an initrd of at most ${MAX_BYTES} bytes`,
    found: `${size} bytes`,
  });
}

type MadeFolder = Map<string, CpioMember | MadeFolder>;

/** The kernel makes no folders for files whose folder is not in the archive; here they count all the same. */
function place(top: MadeFolder, member: CpioMember): void {
  const names = member.path.split('/').filter((name) => name !== '' && name !== '.');
  const last = names.pop();
  if (last === undefined) return;
  let folder = top;
  for (const name of names) {
    const next = folder.get(name);
    const inner: MadeFolder = next instanceof Map ? next : new Map();
    folder.set(name, inner);
    folder = inner;
  }
  const isFolder = (member.mode & TYPE_MASK) === FOLDER;
  if (!isFolder) folder.set(last, member);
  else if (!(folder.get(last) instanceof Map)) folder.set(last, new Map());
}

function folderNode(file: string, folder: MadeFolder): TreeNode {
  return {
    kind: 'folder',
    names: () => [...folder.keys()],
    child: (name) => {
      const child = folder.get(name);
      if (child === undefined) return undefined;
      return child instanceof Map ? folderNode(file, child) : fileNode(file, child);
    },
  };
}

function fileNode(file: string, { path, mode, data }: CpioMember): TreeNode {
  const type = mode & TYPE_MASK;
  if (type === LINK) return { kind: 'link', target: Buffer.from(data).toString('utf8') };
  if (type !== FILE) return { kind: 'other' };
  return { kind: 'file', content: bytesSource(`${file}, ${path}`, data) };
}
