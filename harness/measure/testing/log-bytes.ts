import { BANKS, type Bank } from '../bank.ts';
import { EVENT_TYPES, type EventTypeName } from '../event-types.ts';

/** Little-endian integers, as the logs have them. */
export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

export function u64(value: bigint | number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}

export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

export function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

/** A digest that is told from others by one byte. */
export function digestOf(bank: Bank, byte: number): string {
  return byte.toString(16).padStart(2, '0').repeat(BANKS[bank].digestBytes);
}

/** TCG_PCR_EVENT (TCG EFI Protocol Specification 2.0, 5.1). */
export function sha1Record(
  pcr: number,
  type: EventTypeName | number,
  sha1: string,
  data: Uint8Array,
): Buffer {
  return Buffer.concat([
    u32(pcr),
    u32(typeNumber(type)),
    Buffer.from(sha1, 'hex'),
    u32(data.length),
    data,
  ]);
}

/** TCG_PCR_EVENT2 (TCG EFI Protocol Specification 2.0, 5.2). */
export function agileRecord(
  pcr: number,
  type: EventTypeName | number,
  digests: ReadonlyArray<readonly [algId: number, digest: string]>,
  data: Uint8Array,
): Buffer {
  return Buffer.concat([
    u32(pcr),
    u32(typeNumber(type)),
    u32(digests.length),
    ...digests.flatMap(([algId, digest]) => [u16(algId), Buffer.from(digest, 'hex')]),
    u32(data.length),
    data,
  ]);
}

/** The first record of a crypto-agile log (TCG PC Client PFP 1.06, 10.4.5.1). */
export function specIdRecord(
  algorithms: ReadonlyArray<readonly [algId: number, digestBytes: number]>,
): Buffer {
  const data = Buffer.concat([
    ascii('Spec ID Event03\0'),
    u32(0),
    Buffer.from([0, 2, 105, 2]),
    u32(algorithms.length),
    ...algorithms.flatMap(([algId, digestBytes]) => [u16(algId), u16(digestBytes)]),
    Buffer.from([0]),
  ]);
  return sha1Record(0, 'EV_NO_ACTION', digestOf('sha1', 0), data);
}

/** UEFI_VARIABLE_DATA (TCG PC Client PFP 1.06, 10.2.6). */
export function variableData(guid: Uint8Array, name: string, data: Uint8Array): Buffer {
  return Buffer.concat([guid, u64(name.length), u64(data.length), utf16(name), data]);
}

function typeNumber(type: EventTypeName | number): number {
  return typeof type === 'number' ? type : EVENT_TYPES[type];
}
