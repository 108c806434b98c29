import { safeText } from '../measure/event-text.ts';

/** ACPI 6.5, 5.2.6: signature, length, and a header of 36 bytes; FACS has a shorter one. */
const LEAST_BYTES = 8;
const HEADER_BYTES = 36;

/** More than any machine has; a sentence names its first differences only. */
const MOST_TABLES = 64;
const MOST_DIFFERENCES = 8;

/** Entries of the MADT (5.2.12): a processor that is enabled, with an APIC ID of 8 or 32 bits. */
const MADT_ENTRIES_OFFSET = 44;
const LOCAL_APIC = { type: 0, flagsOffset: 4 };
const LOCAL_X2APIC = { type: 9, flagsOffset: 8 };

/** Entries of the SRAT (5.2.16): a range of memory. */
const SRAT_ENTRIES_OFFSET = 48;
const MEMORY_AFFINITY = { type: 1, lengthOffset: 16, flagsOffset: 28 };
const MIB = 1n << 20n;

/** Bit 0 of either's flags. */
const ENABLED = 1;

/**
 * What differs between two blobs of ACPI tables, such as fw_cfg's `etc/acpi/tables`.
 *
 * @param a tables one after the other, as one side measured them
 * @param b the same of the other side
 * @returns e.g. `APIC: vCPUs 2 → 4; DSDT: 8350 → 8420 bytes`; `undefined` where they are no tables
 */
export function acpiDifference(a: Uint8Array, b: Uint8Array): string | undefined {
  const [ofA, ofB] = [tablesOf(a), tablesOf(b)];
  if (ofA.size === 0 || ofB.size === 0) return undefined;
  const names = [...new Set([...ofA.keys(), ...ofB.keys()])];
  const parts = names.flatMap((name) => tableDifference(name, ofA.get(name), ofB.get(name)));
  return parts.slice(0, MOST_DIFFERENCES).join('; ') || undefined;
}

function tableDifference(
  name: string,
  a: Buffer | undefined,
  b: Buffer | undefined,
): readonly string[] {
  if (a === undefined) return [`there is a table ${name} more`];
  if (b === undefined) return [`the table ${name} is missing`];
  if (a.equals(b)) return [];
  const meaning = [
    valueDifference('vCPUs', processorsIn(a), processorsIn(b)),
    valueDifference('MiB of memory', memoryIn(a), memoryIn(b)),
  ].filter((text) => text !== undefined);
  if (meaning.length > 0) return [`${name}: ${meaning.join(', ')}`];
  return [a.length === b.length ? `${name} differs` : `${name}: ${a.length} → ${b.length} bytes`];
}

function valueDifference(
  what: string,
  a: bigint | undefined,
  b: bigint | undefined,
): string | undefined {
  return a === undefined || b === undefined || a === b ? undefined : `${what} ${a} → ${b}`;
}

/** Tables by signature; of several with one signature each gets its number. */
function tablesOf(bytes: Uint8Array): ReadonlyMap<string, Buffer> {
  const blob = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = new Map<string, Buffer>();
  for (let at = 0; at + LEAST_BYTES <= blob.length && tables.size < MOST_TABLES; ) {
    if (blob[at] === 0) {
      at++; // tables are aligned
      continue;
    }
    const signature = blob.toString('latin1', at, at + 4);
    const length = blob.readUInt32LE(at + 4);
    if (!/^[A-Z0-9]{4}$/.test(signature) || length < LEAST_BYTES || at + length > blob.length) {
      break;
    }
    const name = tables.has(signature) ? `${signature} (${tables.size})` : signature;
    tables.set(safeText(name), blob.subarray(at, at + length));
    at += length;
  }
  return tables;
}

function processorsIn(table: Buffer): bigint | undefined {
  if (table.toString('latin1', 0, 4) !== 'APIC' || table.length < HEADER_BYTES) return undefined;
  const enabled = entriesOf(table, MADT_ENTRIES_OFFSET).filter((entry) =>
    [LOCAL_APIC, LOCAL_X2APIC].some(
      ({ type, flagsOffset }) => entry[0] === type && isEnabled(entry, flagsOffset),
    ),
  );
  return BigInt(enabled.length);
}

function memoryIn(table: Buffer): bigint | undefined {
  if (table.toString('latin1', 0, 4) !== 'SRAT') return undefined;
  const { type, lengthOffset, flagsOffset } = MEMORY_AFFINITY;
  const ranges = entriesOf(table, SRAT_ENTRIES_OFFSET).filter(
    (entry) => entry[0] === type && isEnabled(entry, flagsOffset),
  );
  return ranges.reduce((sum, entry) => sum + entry.readBigUInt64LE(lengthOffset), 0n) / MIB;
}

/** Type, length and content, each entry behind the other. */
function entriesOf(table: Buffer, offset: number): readonly Buffer[] {
  const entries: Buffer[] = [];
  for (let at = offset; at + 2 <= table.length; ) {
    const length = table[at + 1] ?? 0;
    if (length < 2 || at + length > table.length) break;
    entries.push(table.subarray(at, at + length));
    at += length;
  }
  return entries;
}

function isEnabled(entry: Buffer, flagsOffset: number): boolean {
  return entry.length >= flagsOffset + 4 && (entry.readUInt32LE(flagsOffset) & ENABLED) !== 0;
}
