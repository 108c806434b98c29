import { crc32 } from 'node:zlib';
import { guidBytes } from '../../bytes/guid.ts';
import { fromHex } from '../../bytes/hex.ts';

/**
 * The first 100 bytes of an empty 128 KiB variable store, as edk2 has them in
 * OvmfPkg/Include/Fdf/VarStore.fdf.inc for FD_SIZE_IN_KB 2048.
 */
const OVMF_HEADER =
  '00000000000000000000000000000000' +
  '8d2bf1ff96768b4ca9852747075b4f50' +
  '0000020000000000' +
  '5f465648fffe0400480019f900000002' +
  '2000000000100000' +
  '0000000000000000' +
  '782cf3aa7b949a43a1802e144ec37792' +
  'b8df00005afe000000000000';

/** Layout of the store in bytes (the same file). */
export const LAYOUT = { size: 0x20000, records: 0x64, working: 0xf000, spare: 0x10000 } as const;

/** A record of a store; what is left out is as for a plain db that exists. */
export type MadeRecord = {
  readonly name?: string;
  readonly guid?: string;
  readonly state?: number;
  readonly attributes?: number;
  readonly data?: Uint8Array;
  /** EFI_TIME, 16 bytes. */
  readonly time?: Uint8Array;
  readonly nameBytes?: Uint8Array;
  /** What the header says instead of the data's size. */
  readonly dataSize?: number;
};

/** A 128 KiB variable store with records. */
export function makeVariableStore(
  records: readonly MadeRecord[],
  authenticated = true,
): Uint8Array<ArrayBuffer> {
  const store = new Uint8Array(LAYOUT.size).fill(0xff);
  store.set(fromHex(OVMF_HEADER) ?? []);
  if (!authenticated) store.set(guidBytes('ddcf3616-3275-4164-98b6-fe85707ffe7d'), 0x48);
  let position: number = LAYOUT.records;
  for (const record of records) {
    const bytes = makeRecord(record, authenticated);
    store.set(bytes, position);
    position += Math.ceil(bytes.length / 4) * 4;
  }
  store.set(workingHeader(), LAYOUT.working);
  return store;
}

/** VARIABLE_HEADER or AUTHENTICATED_VARIABLE_HEADER, name and data (edk2, VariableFormat.h). */
export function makeRecord(record: MadeRecord, authenticated = true): Uint8Array {
  const data = record.data ?? Uint8Array.of(1, 2, 3);
  const name = record.nameBytes ?? Buffer.from(`${record.name ?? 'db'}\0`, 'utf16le');
  const sizes = new DataView(new ArrayBuffer(8));
  sizes.setUint32(0, name.length, true);
  sizes.setUint32(4, record.dataSize ?? data.length, true);
  const attributes = new DataView(new ArrayBuffer(4));
  attributes.setUint32(0, record.attributes ?? 7, true);
  return Buffer.concat([
    Uint8Array.of(0xaa, 0x55, record.state ?? 0x3f, 0),
    new Uint8Array(attributes.buffer),
    authenticated
      ? Buffer.concat([new Uint8Array(8), record.time ?? new Uint8Array(16), new Uint8Array(4)])
      : new Uint8Array(0),
    new Uint8Array(sizes.buffer),
    guidBytes(record.guid ?? 'd719b2cb-3d3a-4596-a3bc-dad00e67656f'),
    name,
    data,
  ]);
}

/**
 * Records a write of the whole first block that was begun and not finished, with its content in the
 * spare area.
 *
 * @param flags of the record: bits that are clear are done
 */
export function interruptWrite(
  store: Uint8Array<ArrayBuffer>,
  content: Uint8Array,
  flags: number,
): Uint8Array {
  const interrupted = Uint8Array.from(store);
  interrupted.set(content.subarray(0, 0x1000), LAYOUT.spare);
  const queue = new DataView(interrupted.buffer, LAYOUT.working + 32);
  // A write of one record without private data; header and record are allocated, not complete.
  queue.setUint8(0, 0xfc);
  queue.setBigUint64(24, 1n, true);
  queue.setBigUint64(32, 0n, true);
  queue.setUint8(40, flags);
  queue.setBigUint64(48, 0n, true);
  queue.setBigUint64(56, 0x48n, true);
  queue.setBigUint64(64, 0xf00n, true);
  queue.setBigInt64(72, -0x10000n, true);
  return interrupted;
}

/** EFI_FAULT_TOLERANT_WORKING_BLOCK_HEADER (edk2, SystemNvDataGuid.h). */
function workingHeader(): Uint8Array {
  const header = new Uint8Array(32).fill(0xff);
  header.set(guidBytes('9e58292b-7c68-497d-a0ce-6500fd9f1b95'));
  const view = new DataView(header.buffer);
  view.setBigUint64(24, 0xfe0n, true);
  view.setUint32(16, crc32(header), true);
  header[20] = 0xfe;
  return header;
}
