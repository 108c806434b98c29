/** Content of a made volume: files by their path, `/` between names. */
export type MadeFiles = Readonly<Record<string, Uint8Array | string>>;

const SECTOR = 512;
const ENTRY_BYTES = 32;
const ROOT_ENTRIES = 64;
const END_OF_CHAIN = 0xfff;
const READ_ONLY = 0x01;
const DIRECTORY = 0x10;
const LONG_NAME_CHARACTERS = 13;

type Node = { readonly files: Map<string, Uint8Array>; readonly folders: Map<string, Node> };

/**
 * A FAT12 volume with clusters of one sector (Microsoft FAT specification).
 *
 * @param readOnly names of the files that are marked so
 */
export function makeFat(
  files: MadeFiles,
  sectors = 2880,
  readOnly: readonly string[] = [],
): Uint8Array {
  const volume = Buffer.alloc(sectors * SECTOR);
  const tableSectors = Math.ceil((sectors * 1.5) / SECTOR);
  writeBootSector(volume, sectors, tableSectors);
  const rootSector = 1 + tableSectors;
  const dataSector = rootSector + (ROOT_ENTRIES * ENTRY_BYTES) / SECTOR;
  let next = 2;
  const table: number[] = [0xff8, END_OF_CHAIN];
  const store = (bytes: Uint8Array): number => {
    if (bytes.length === 0) return 0;
    const first = next;
    next += Math.ceil(bytes.length / SECTOR);
    for (let cluster = first; cluster < next; cluster++) {
      table[cluster] = cluster + 1 === next ? END_OF_CHAIN : cluster + 1;
    }
    volume.set(bytes, (dataSector + first - 2) * SECTOR);
    return first;
  };
  volume.set(entriesOf(tree(files), store, readOnly), rootSector * SECTOR);
  for (const [cluster, value] of table.entries()) writeTableEntry(volume, cluster, value);
  return new Uint8Array(volume);
}

function tree(files: MadeFiles): Node {
  const root: Node = { files: new Map(), folders: new Map() };
  for (const [path, content] of Object.entries(files)) {
    const names = path.split('/');
    const name = names.pop() ?? '';
    let node = root;
    for (const folder of names) {
      const inner = node.folders.get(folder) ?? { files: new Map(), folders: new Map() };
      node.folders.set(folder, inner);
      node = inner;
    }
    node.files.set(name, Buffer.from(content));
  }
  return root;
}

function entriesOf(
  { files, folders }: Node,
  store: (bytes: Uint8Array) => number,
  readOnly: readonly string[],
): Uint8Array {
  const entries: Uint8Array[] = [];
  const add = (name: string, attributes: number, cluster: number, size: number) => {
    const short = Buffer.from(`F${String(entries.length).padStart(7, '0')}   `, 'latin1');
    const entry = Buffer.alloc(ENTRY_BYTES);
    short.copy(entry);
    entry.writeUInt8(attributes, 11);
    entry.writeUInt16LE(cluster, 26);
    entry.writeUInt32LE(size, 28);
    entries.push(...longNameEntries(name, checksum(short)), entry);
  };
  for (const [name, folder] of folders) {
    add(name, DIRECTORY, store(entriesOf(folder, store, readOnly)), 0);
  }
  for (const [name, bytes] of files) {
    add(name, readOnly.includes(name) ? READ_ONLY : 0, store(bytes), bytes.length);
  }
  return Buffer.concat([...entries, Buffer.alloc(ENTRY_BYTES)]);
}

/** The end of the name comes first. */
function longNameEntries(name: string, sum: number): readonly Uint8Array[] {
  const count = Math.ceil(name.length / LONG_NAME_CHARACTERS);
  const units = Buffer.alloc(count * LONG_NAME_CHARACTERS * 2, 0xff);
  units.write(name.length % LONG_NAME_CHARACTERS === 0 ? name : `${name}\0`, 'utf16le');
  return Array.from({ length: count }, (_, index) => {
    const part = units.subarray(index * 26, (index + 1) * 26);
    const entry = Buffer.alloc(ENTRY_BYTES);
    entry.writeUInt8((index + 1) | (index + 1 === count ? 0x40 : 0), 0);
    entry.writeUInt8(0x0f, 11);
    entry.writeUInt8(sum, 13);
    part.copy(entry, 1, 0, 10);
    part.copy(entry, 14, 10, 22);
    part.copy(entry, 28, 22, 26);
    return entry;
  }).toReversed();
}

function checksum(shortName: Uint8Array): number {
  return shortName.reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0);
}

function writeBootSector(volume: Buffer, sectors: number, tableSectors: number): void {
  volume.set([0xeb, 0x3c, 0x90], 0);
  volume.writeUInt16LE(SECTOR, 11);
  volume.writeUInt8(1, 13);
  volume.writeUInt16LE(1, 14);
  volume.writeUInt8(1, 16);
  volume.writeUInt16LE(ROOT_ENTRIES, 17);
  volume.writeUInt16LE(sectors, 19);
  volume.writeUInt8(0xf8, 21);
  volume.writeUInt16LE(tableSectors, 22);
  volume.set([0x55, 0xaa], 510);
}

function writeTableEntry(volume: Buffer, cluster: number, value: number): void {
  const offset = SECTOR + Math.floor(cluster * 1.5);
  const old = volume.readUInt16LE(offset);
  const shifted = cluster % 2 === 0 ? (old & 0xf000) | value : (old & 0x000f) | (value << 4);
  volume.writeUInt16LE(shifted, offset);
}
