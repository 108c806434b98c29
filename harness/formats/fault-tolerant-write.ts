import { crc32 } from 'node:zlib';
import { Cursor } from '../bytes/cursor.ts';
import { guidBytes } from '../bytes/guid.ts';
import { toHex } from '../bytes/hex.ts';

/** gEdkiiWorkingBlockSignatureGuid. */
const SIGNATURE = guidBytes('9e58292b-7c68-497d-a0ce-6500fd9f1b95');

/** Bytes of the working block's header, of a write's header and of a write's record. */
const WORKING_HEADER_BYTES = 32;
const WRITE_HEADER_BYTES = 40;
const WRITE_RECORD_BYTES = 40;

/** A byte of erased flash. Flags are set by clearing their bit in it. */
const ERASED = 0xff;
const COMPLETE = 0x04;
const SPARE_COMPLETE = 0x02;
const DESTINATION_COMPLETE = 0x04;

/** A write that was cut off after its new content was safe in the spare area. */
export type InterruptedWrite = {
  /** Where the content belongs, where its copy is, and its size: bytes from the volume's start. */
  readonly target: number;
  readonly spare: number;
  readonly length: number;
};

type WriteRecord = {
  readonly flags: number;
  readonly offset: number;
  readonly length: number;
  readonly relativeOffset: bigint;
};

/**
 * Finds the write that the firmware would finish before anything reads the variable store. The
 * volume is laid out as in OVMF: variables, event log, working block, spare area to the end.
 *
 * @param volume the whole firmware volume
 * @param storeEnd end of the variable store, in bytes from the start of the volume
 * @param blockBytes size of a flash block in bytes
 * @returns `undefined` where no write was cut off, or nothing that could be finished is recorded
 * @see edk2, MdeModulePkg/Universal/FaultTolerantWriteDxe/FtwMisc.c (InitFtwProtocol)
 */
export function findInterruptedWrite(
  volume: Uint8Array,
  storeEnd: number,
  blockBytes: number,
): InterruptedWrite | undefined {
  const working = findWorkingBlock(volume, storeEnd, blockBytes);
  if (working === undefined) return undefined;
  const record = lastRecord(queueOf(volume, working));
  if (record === undefined || !isSet(record.flags, SPARE_COMPLETE)) return undefined;
  if (isSet(record.flags, DESTINATION_COMPLETE)) return undefined;

  const spare = roundUp(working.end, blockBytes);
  const target = spare + Number(record.relativeOffset);
  const length = roundUp(record.offset + record.length, blockBytes);
  const inside = target >= 0 && target + length <= spare && spare + length <= volume.length;
  return inside ? { target, spare, length } : undefined;
}

/** The working block of a volume, in which writes are recorded; offsets in bytes from the volume's start. */
export type WorkingBlock = {
  readonly start: number;
  /** Where the queue of writes begins, behind the header. */
  readonly queue: number;
  /** Where the next write would be recorded: all behind that is kept erased. */
  readonly next: number;
  readonly end: number;
};

/**
 * Finds the working block behind a variable store.
 *
 * @param volume the whole firmware volume
 * @param storeEnd end of the variable store, in bytes from the start of the volume
 * @param blockBytes size of a flash block in bytes
 * @returns `undefined` where there is none with a sound header
 * @see edk2, MdeModulePkg/Universal/FaultTolerantWriteDxe/FtwMisc.c (FtwGetLastWriteHeader)
 */
export function findWorkingBlock(
  volume: Uint8Array,
  storeEnd: number,
  blockBytes: number,
): WorkingBlock | undefined {
  if (blockBytes < WORKING_HEADER_BYTES) return undefined;
  const from = roundUp(storeEnd, blockBytes);
  for (let start = from; start + WORKING_HEADER_BYTES <= volume.length; start += blockBytes) {
    const header = volume.subarray(start, start + WORKING_HEADER_BYTES);
    if (!isWorkingHeader(header)) continue;
    const queueBytes = Number(viewOf(header).getBigUint64(24, true));
    const queue = start + WORKING_HEADER_BYTES;
    const end = queue + queueBytes;
    if (end > volume.length) return undefined;
    const next = queue + bytesOfWrites(queueOf(volume, { queue, end }));
    return { start, queue, next, end };
  }
  return undefined;
}

function queueOf(volume: Uint8Array, { queue, end }: Pick<WorkingBlock, 'queue' | 'end'>): Cursor {
  return new Cursor('working block', volume.subarray(queue, end));
}

function bytesOfWrites(queue: Cursor): number {
  let end = 0;
  for (const _write of writesOf(queue)) end = queue.offset;
  return end;
}

/** The checksum covers the header as it is before checksum and state are written. */
function isWorkingHeader(header: Uint8Array): boolean {
  if (toHex(header.subarray(0, SIGNATURE.length)) !== toHex(SIGNATURE)) return false;
  const unwritten = Uint8Array.from(header).fill(0xff, 16, 24);
  const isValid = header[20] === 0xfe;
  return isValid && viewOf(header).getUint32(16, true) === crc32(unwritten);
}

type Write = { readonly flags: number; readonly records: Cursor; readonly recordBytes: number };

/** Writes that were begun, in order. */
function* writesOf(queue: Cursor): Generator<Write, void, undefined> {
  while (queue.remaining >= WRITE_HEADER_BYTES) {
    const header = queue.sub(WRITE_HEADER_BYTES, 'write header');
    const flags = header.u8('write flags');
    header.take(23, 'caller GUID and padding');
    const writes = header.u64('number of writes');
    const recordBytes = BigInt(WRITE_RECORD_BYTES) + header.u64('private data size');
    if (flags === ERASED || writes * recordBytes > BigInt(queue.remaining)) return;
    const records = queue.sub(Number(writes * recordBytes), 'write records');
    yield { flags, records, recordBytes: Number(recordBytes) };
  }
}

/** The first record of the first write that is not complete; later ones were never begun. */
function lastRecord(queue: Cursor): WriteRecord | undefined {
  for (const { flags, records, recordBytes } of writesOf(queue)) {
    if (!isSet(flags, COMPLETE)) return firstOpenRecord(records, recordBytes);
  }
  return undefined;
}

function firstOpenRecord(records: Cursor, recordBytes: number): WriteRecord | undefined {
  while (records.remaining > 0) {
    const record = records.sub(recordBytes, 'write record');
    const flags = record.u8('record flags');
    record.take(15, 'padding and block number');
    const offset = Number(record.u64('offset in the block'));
    const length = Number(record.u64('length'));
    const relativeOffset = BigInt.asIntN(64, record.u64('offset from the spare area'));
    if (!isSet(flags, DESTINATION_COMPLETE)) return { flags, offset, length, relativeOffset };
  }
  return undefined;
}

function isSet(flags: number, flag: number): boolean {
  return (flags & flag) === 0;
}

function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
