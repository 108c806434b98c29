import { Cursor } from '../bytes/cursor.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import type { EfiVariable } from '../formats/efi-variable.ts';
import { readVariableRecords } from '../formats/efi-variable-records.ts';
import { readVariableStore, type VariableStore } from '../formats/efi-variable-store.ts';
import { findWorkingBlock, type WorkingBlock } from '../formats/fault-tolerant-write.ts';
import { readFirmwareVolumeHeader } from '../formats/firmware-volume-header.ts';
import { secureBootPolicyEvents } from '../predict/firmware/secure-boot.ts';
import { SHIM_LOCK_GUID } from '../predict/shim/shim-variables.ts';
import { type Mechanism, type Protection, type Region, UNPROTECTED } from './region.ts';
import { type Span, tile } from './tile.ts';

/** VARIABLE_STORE_HEADER, and where it has its size. */
const STORE_HEADER_BYTES = 28;
const SIZE_OFFSET = 16;
const RECORD_ALIGNMENT = 4;

/** Sizes of the header of a record, and where in it is what is not measured (edk2, VariableFormat.h). */
const HEADER_BYTES = { authenticated: 60, plain: 32 } as const;
const UNMEASURED = { authenticated: { start: 3, end: 36 }, plain: { start: 3, end: 8 } } as const;

/** Bytes at the head of a store, without which it is no store. */
const HEAD: Protection = {
  detectedBy: ['firmware refuses'],
  partly: 'some fields are not looked at',
  steers: true,
};

/** Nothing tells of a change, unless it hides the variables that follow. */
const LEADING: Protection = { detectedBy: [], steers: true };

/**
 * Space that is not erased is no free space: the firmware then writes the variables that there are to where
 * they belong, and erases the rest (edk2, VariableRuntimeDxe, VariableWriteServiceInitialize()).
 */
const FREE_SPACE = {
  what: 'free space of the variable store',
  ...UNPROTECTED,
  rewritten: true,
} as const;

/** A write of variables begins with flags that say how far it has come. */
const FLAG_BYTES = 1;

/** Variables that are measured as boot options (TCG PC Client PFP 1.06, 3.3.4.2). */
const BOOT_VARIABLE = /^Boot(?:Order|[0-9A-F]{4})$/;

type Policy = {
  readonly store: VariableStore;
  readonly hasSecureBoot: boolean;
  readonly movedBy: MovedBy;
};

/** The PCRs that differ from those of a boot with the unchanged store. */
export type MovedBy = (store: VariableStore) => readonly Mechanism[];

/**
 * The regions of a variable store.
 *
 * @param source an `OVMF_VARS*.fd`, or a firmware image that starts with its variable store
 * @param hasSecureBoot whether the firmware knows Secure Boot
 * @param movedBy what a boot with other variables of shim measures otherwise
 * @returns in order; they cover the volume of the store exactly once
 * @throws FormatError where the source does not start with a sound variable store
 */
export function variableRegions(
  source: ByteSource,
  hasSecureBoot: boolean,
  movedBy: MovedBy = () => [],
): readonly Region[] {
  const store = readVariableStore(source);
  const { length, headerLength, blockBytes } = readFirmwareVolumeHeader(source, 0);
  const bytes = Uint8Array.from(readRange(source, 0, length, 'variable volume'));
  const size = new DataView(bytes.buffer).getUint32(headerLength + SIZE_OFFSET, true);
  const header = headerLength + STORE_HEADER_BYTES;
  const start = header + (-header & (RECORD_ALIGNMENT - 1));
  const end = headerLength + size;
  const stored = storedRecords(bytes, { start, end }, store.authenticated);
  const policy = { store, hasSecureBoot, movedBy };
  const deleted = { what: 'deleted variables', ...LEADING };
  const regions: readonly Region[] = [
    { start: 0, end: headerLength, what: 'variable volume header', ...HEAD },
    { start: headerLength, end: header, what: 'variable store header', ...HEAD },
    ...tile(
      { start, end: stored.end },
      stored.records.flatMap((record) => recordRegions(record, policy)),
      deleted,
    ),
    ...areasBehind({ start: end, end: length }, findWorkingBlock(bytes, end, blockBytes)),
  ];
  return tile({ start: 0, end: length }, regions, FREE_SPACE);
}

/**
 * What a store has behind its variables to be written without loss. A working block whose header is not as it
 * has to be, or that is not erased behind its writes, the firmware writes anew; flags of the next write that
 * say that it was begun, it lays aside (edk2, FaultTolerantWriteDxe, InitFtwProtocol()).
 */
function areasBehind(span: Span, working: WorkingBlock | undefined): readonly Region[] {
  if (working === undefined) {
    return [{ ...span, what: 'log and spare area of the variable store', ...UNPROTECTED }];
  }
  const { start, queue, next, end } = working;
  const block = (
    from: number,
    to: number,
    what: string,
    protection: Omit<Region, keyof Span | 'what'>,
  ) => ({
    start: from,
    end: Math.min(to, end),
    what: `working block: ${what}`,
    ...protection,
  });
  const anew = { ...UNPROTECTED, rewritten: true } as const;
  return tile(
    { start: span.start, end },
    [
      block(start, queue, 'header', anew),
      block(queue, next + FLAG_BYTES, 'writes', LEADING),
      block(next + FLAG_BYTES, end, 'free space', anew),
    ],
    { what: 'event log of the variable store', ...UNPROTECTED },
  ).concat({ start: end, end: span.end, what: 'spare area of the variable store', ...UNPROTECTED });
}

/** A variable and where its record begins and ends. */
type StoredRecord = {
  readonly variable: EfiVariable;
  readonly start: number;
  readonly dataStart: number;
  readonly end: number;
};

/** All variables that are found, and where the first record would begin that is none. */
function storedRecords(
  bytes: Uint8Array,
  { start, end }: { readonly start: number; readonly end: number },
  authenticated: boolean,
): { readonly records: readonly StoredRecord[]; readonly end: number } {
  const cursor = new Cursor('variable store', bytes.subarray(start, end), 'little', start);
  const headerBytes = HEADER_BYTES[authenticated ? 'authenticated' : 'plain'];
  const records: StoredRecord[] = [];
  for (const { variable } of readVariableRecords(cursor, authenticated)) {
    const { offset } = cursor;
    const name = offset - variable.data.length - 2 * (variable.name.length + 1);
    const dataStart = offset - variable.data.length;
    records.push({ variable, start: name - headerBytes, dataStart, end: offset });
  }
  // Behind the last record a mark was looked for, and perhaps not found.
  return { records, end: cursor.offset - (cursor.offset % RECORD_ALIGNMENT) };
}

function recordRegions(record: StoredRecord, policy: Policy): readonly Region[] {
  const { variable, start, dataStart, end } = record;
  const file = variable.name;
  const padding = { start: end, end: end + (-end & (RECORD_ALIGNMENT - 1)), ...PADDING };
  const detectedBy = measuredBy(variable, policy);
  if (detectedBy.length === 0) {
    return [
      { start, end: dataStart, what: 'variable: header and name', file, ...LEADING },
      { start: dataStart, end, what: 'variable: data', file, ...UNPROTECTED, mayBeUsed: true },
      padding,
    ];
  }
  const partly = partlyMeasured(variable);
  const unmeasured = UNMEASURED[policy.store.authenticated ? 'authenticated' : 'plain'];
  const fields = {
    start: start + unmeasured.start,
    end: start + unmeasured.end,
    what: 'variable: attributes and times',
    file,
    ...(partly === undefined ? UNPROTECTED : LEADING),
  };
  const measured = tile({ start, end }, [fields], {
    what: 'variable',
    file,
    detectedBy,
    steers: true,
    ...(partly !== undefined && { partly }),
  });
  return [...measured, padding];
}

/** Records begin at multiples of four bytes. */
const PADDING = { what: 'padding behind a variable', ...UNPROTECTED } as const;

/** What is measured as it stands in the store, whatever it is. */
const AS_THEY_ARE = ['PK', 'KEK', 'db', 'dbx', 'dbt'];

function partlyMeasured({ name }: EfiVariable): string | undefined {
  if (AS_THEY_ARE.includes(name)) return undefined;
  return BOOT_VARIABLE.test(name)
    ? 'boot options that the firmware makes anew are measured as it makes them'
    : 'only what follows from it is measured';
}

/** By forecasting PCR 7 with other bytes in the variable. */
function measuredBy(variable: EfiVariable, policy: Policy): readonly Mechanism[] {
  if (BOOT_VARIABLE.test(variable.name)) return ['PCR 1'];
  const { store, movedBy } = policy;
  const before = policyDigests(policy);
  const { data } = variable;
  const others = [Uint8Array.from([...data, 0]), data.map((byte) => byte ^ 1)].map((other) => {
    const variables = store.variables.map((one) =>
      one.name === variable.name && one.guid === variable.guid ? { ...one, data: other } : one,
    );
    return { ...store, variables };
  });
  const isPolicy = others.some((other) => policyDigests({ ...policy, store: other }) !== before);
  if (isPolicy) return ['PCR 7'];
  return variable.guid === SHIM_LOCK_GUID ? [...new Set(others.flatMap(movedBy))] : [];
}

function policyDigests(policy: Policy): string {
  const events = secureBootPolicyEvents({ banks: ['sha256'] }, policy);
  return events.map(({ digests }) => digests.sha256).join();
}
