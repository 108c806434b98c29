import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { type EfiVariable, variableKey } from './efi-variable.ts';
import { RECORD_STATE, readVariableRecords, type VariableRecord } from './efi-variable-records.ts';
import { findInterruptedWrite } from './fault-tolerant-write.ts';
import { type FirmwareVolumeHeader, readFirmwareVolumeHeader } from './firmware-volume-header.ts';

/** gEfiSystemNvDataFvGuid: the file system of a volume that holds variables. */
const NV_DATA = 'fff12b8d-7696-4c8b-a985-2747075b4f50';

/** Signatures of a VARIABLE_STORE_HEADER (edk2, VariableFormat.h). */
const AUTHENTICATED_STORE = 'aaf32c78-947b-439a-a180-2e144ec37792';
const PLAIN_STORE = 'ddcf3616-3275-4164-98b6-fe85707ffe7d';

/** VARIABLE_STORE_HEADER: its size in bytes, and the two bytes that say it is in use. */
const STORE_HEADER_BYTES = 28;
const FORMATTED = 0x5a;
const HEALTHY = 0xfe;

/** Alignment of the first record in bytes. */
const RECORD_ALIGNMENT = 4;

/** More than any platform gives its variables; keeps a hostile header from claiming memory. */
const MAX_VOLUME_BYTES = 16 << 20;

/** Non-volatile variables of a machine, as its firmware finds them at the next boot. */
export type VariableStore = {
  /** Whether the store can hold authenticated variables; without them there is no Secure Boot. */
  readonly authenticated: boolean;
  /** Variables that exist, in the order of the store; none is there twice. */
  readonly variables: readonly EfiVariable[];
};

/**
 * Reads the variables that a boot with this store sees. A write that was interrupted is finished
 * first, as the firmware does; deleted variables are left out; of one that is there twice, GetVariable()'s
 * choice is kept.
 *
 * @param source an `OVMF_VARS*.fd`, or a firmware image that starts with its variable store
 * @throws FormatError where the source does not start with a sound variable store
 * @see edk2, MdeModulePkg/Universal/Variable/RuntimeDxe
 */
export function readVariableStore(source: ByteSource): VariableStore {
  const volume = readVolumeHeader(source);
  const bytes = Uint8Array.from(readRange(source, 0, volume.length, 'variable volume'));
  finishInterruptedWrite(bytes, readStoreHeader(source.name, bytes, volume).end, volume);
  const store = readStoreHeader(source.name, bytes, volume);
  const records = new Cursor(
    source.name,
    bytes.subarray(store.firstRecord, store.end),
    'little',
    store.firstRecord,
  );
  return {
    authenticated: store.authenticated,
    variables: findable([...readVariableRecords(records, store.authenticated)]),
  };
}

/** Changes the volume's bytes to what they are after the firmware's recovery. */
function finishInterruptedWrite(
  bytes: Uint8Array,
  storeEnd: number,
  volume: FirmwareVolumeHeader,
): void {
  const write = findInterruptedWrite(bytes, storeEnd, volume.blockBytes);
  if (write) bytes.copyWithin(write.target, write.spare, write.spare + write.length);
}

function readVolumeHeader(source: ByteSource): FirmwareVolumeHeader {
  const volume = readFirmwareVolumeHeader(source, 0);
  const fail = (offset: number, expected: string, found: string): never => {
    throw new FormatError({ file: source.name, offset, expected, found });
  };
  if (volume.fileSystem !== NV_DATA) {
    fail(16, `a volume with variables (${NV_DATA})`, volume.fileSystem);
  }
  if (volume.length > MAX_VOLUME_BYTES) {
    fail(32, `a volume of at most ${MAX_VOLUME_BYTES} bytes`, `${volume.length}`);
  }
  return volume;
}

/** Offsets are in bytes from the start of the volume. */
type StoreHeader = {
  readonly authenticated: boolean;
  readonly firstRecord: number;
  readonly end: number;
};

function readStoreHeader(
  file: string,
  bytes: Uint8Array,
  volume: FirmwareVolumeHeader,
): StoreHeader {
  const start = volume.headerLength;
  const cursor = new Cursor(file, bytes.subarray(start), 'little', start);
  const signature = cursor.guid('variable store signature');
  const size = cursor.u32('variable store size');
  const format = cursor.u8('variable store format');
  const state = cursor.u8('variable store state');
  if (signature !== AUTHENTICATED_STORE && signature !== PLAIN_STORE) {
    throw cursor.errorAt(start, 'a variable store signature', signature);
  }
  if (size < STORE_HEADER_BYTES || size > volume.length - start) {
    const most = volume.length - start;
    throw cursor.errorAt(
      start + 16,
      `a store of ${STORE_HEADER_BYTES} to ${most} bytes`,
      `${size}`,
    );
  }
  if (format !== FORMATTED || state !== HEALTHY) {
    throw cursor.errorAt(start + 20, 'a formatted, healthy variable store', hex(format, state));
  }
  const end = start + size;
  const records = start + STORE_HEADER_BYTES;
  return {
    authenticated: signature === AUTHENTICATED_STORE,
    firstRecord: Math.min(records + (-records & (RECORD_ALIGNMENT - 1)), end),
    end,
  };
}

/** The first complete record of a name wins; without one, the last that was about to be replaced. */
function findable(records: readonly VariableRecord[]): readonly EfiVariable[] {
  const chosen = new Map<string, VariableRecord>();
  for (const record of records) {
    const key = variableKey(record.variable);
    if (chosen.get(key)?.state !== RECORD_STATE.added) chosen.set(key, record);
  }
  return records
    .filter((record) => chosen.get(variableKey(record.variable)) === record)
    .map((record) => record.variable);
}

function hex(...bytes: readonly number[]): string {
  return bytes.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ');
}
