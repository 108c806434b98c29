import type { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16z } from '../bytes/utf16.ts';
import { readEfiTime } from './efi-time.ts';
import type { EfiVariable } from './efi-variable.ts';

/** VARIABLE_DATA: the first two bytes of every record. */
const START_ID = 0x55aa;

/** Records start at multiples of this many bytes. */
const ALIGNMENT = 4;

/** Bytes of VARIABLE_HEADER and AUTHENTICATED_VARIABLE_HEADER. */
const HEADER_BYTES = 32;
const AUTHENTICATED_HEADER_BYTES = 60;

/** What flash holds where a field was erased and never written. */
const ERASED_U8 = 0xff;
const ERASED_U32 = 0xffffffff;

/** A record of a variable store, whatever its state. */
export type VariableRecord = {
  /** State byte; writing clears bits of it, one step after the other. */
  readonly state: number;
  readonly variable: EfiVariable;
};

/** States of records that GetVariable() still finds (edk2, VariableFormat.h). */
export const RECORD_STATE = { added: 0x3f, inDeletedTransition: 0x3e } as const;

type RecordHeader = Pick<EfiVariable, 'attributes' | 'guid' | 'timestamp'> & {
  readonly state: number;
  readonly nameSize: number;
  readonly dataSize: number;
};

/**
 * Walks through the records of a variable store as the firmware does: to the first place where no
 * record starts.
 *
 * @param cursor covers the records, its first byte being aligned; nothing beyond it is read
 * @param authenticated whether records have the longer header with time stamps
 * @throws FormatError where a record reaches beyond the end of the store, or a variable that can
 *   be found has no proper name
 * @see edk2, MdeModulePkg/Universal/Variable/RuntimeDxe/VariableParsing.c
 */
export function* readVariableRecords(
  cursor: Cursor,
  authenticated: boolean,
): Generator<VariableRecord, void, undefined> {
  const minimum = authenticated ? AUTHENTICATED_HEADER_BYTES : HEADER_BYTES;
  while (cursor.remaining >= minimum && cursor.u16('start of a record') === START_ID) {
    const header = readHeader(cursor, authenticated);
    const nameOffset = cursor.offset;
    const name = decodeUtf16z(cursor.take(header.nameSize, 'variable name'));
    const data = cursor.take(header.dataSize, 'variable data');
    if (isFindable(header.state)) {
      if (name === undefined || header.nameSize % 2 !== 0) {
        throw cursor.errorAt(
          nameOffset,
          'a NUL-terminated UTF-16 variable name',
          `${header.nameSize} bytes without`,
        );
      }
      const { guid, attributes, timestamp } = header;
      yield { state: header.state, variable: { name, guid, attributes, data, timestamp } };
    }
    const padding = -(header.nameSize + header.dataSize) & (ALIGNMENT - 1);
    cursor.take(Math.min(padding, cursor.remaining), 'padding');
  }
}

function isFindable(state: number): boolean {
  return state === RECORD_STATE.added || state === RECORD_STATE.inDeletedTransition;
}

/** Reads the header after its start mark. */
function readHeader(cursor: Cursor, authenticated: boolean): RecordHeader {
  const state = cursor.u8('record state');
  cursor.take(1, 'reserved byte');
  const attributes = cursor.u32('attributes');
  const timestamp = authenticated ? readAuthentication(cursor) : undefined;
  const nameSize = cursor.u32('name size');
  const dataSize = cursor.u32('data size');
  const guid = cursor.guid('vendor GUID');
  // A write that was cut off in the header leaves a record without name and data.
  const cutOff =
    state === ERASED_U8 || [attributes, nameSize, dataSize].some((field) => field === ERASED_U32);
  const sizes = cutOff ? { nameSize: 0, dataSize: 0 } : { nameSize, dataSize };
  return { state, attributes, timestamp, guid, ...sizes };
}

/** The fields that only authenticated variables have; of them the time stamp alone is in use. */
function readAuthentication(cursor: Cursor): string | undefined {
  cursor.take(8, 'monotonic count');
  const timestamp = readEfiTime(cursor);
  cursor.take(4, 'public key index');
  return timestamp;
}
