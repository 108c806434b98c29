import type { SmbiosStructure } from '../../formats/smbios-structures.ts';

/** Types from here on belong to manufacturers. */
const FIRST_OEM_TYPE = 128;

/** Offset of `fields[0]` from the start of a structure. */
const FIELDS_OFFSET = 4;

/** A field that is left out: its offset from the start of the structure, its bytes, what it holds. */
type Field = { readonly offset: number; readonly bytes: number; readonly isString: boolean };

const value = (offset: number, bytes = 1): Field => ({ offset, bytes, isString: false });
const string = (offset: number): Field => ({ offset, bytes: 1, isString: true });

/** Types of which nothing but the header and the length is measured. */
const HEADER_ONLY = new Set([11, 15, 18, 31, 33]);

/** Fields that differ between machines of one kind, or between boots of one machine. */
const LEFT_OUT: ReadonlyMap<number, readonly Field[]> = new Map([
  [1, [string(0x07), value(0x08, 16), value(0x18)]],
  [2, [string(0x07), string(0x0a)]],
  [3, [string(0x07), string(0x08)]],
  [
    4,
    [
      ...[string(0x20), string(0x21), string(0x22)],
      ...[value(0x23), value(0x24), value(0x25)],
      ...[value(0x2a, 2), value(0x2c, 2), value(0x2e, 2)],
      ...[value(0x11), value(0x16, 2)],
    ],
  ],
  [17, [string(0x18), string(0x19), string(0x1a)]],
  [22, [string(0x07), value(0x10, 2), value(0x12, 2)]],
  [23, [value(0x05, 2)]],
  [27, [value(0x0c, 2)]],
  [39, [string(0x08), string(0x09), string(0x0a)]],
]);

/**
 * What of an SMBIOS structure is measured: fields that tell one machine from another are zeros, the
 * strings that they refer to are spaces.
 *
 * @param structure as it stands in the table
 * @returns `undefined` where such a field refers to a string in a structure without any
 * @see edk2, MdeModulePkg/Universal/SmbiosMeasurementDxe/SmbiosMeasurementDxe.c (FilterSmbiosEntry)
 */
export function filteredStructure(structure: SmbiosStructure): SmbiosStructure | undefined {
  const { type, fields, strings } = structure;
  const leftOut = (LEFT_OUT.get(type) ?? []).filter(
    ({ offset, bytes }) => offset + bytes <= FIELDS_OFFSET + fields.length,
  );
  const references = leftOut
    .filter(({ isString }) => isString)
    .map(({ offset }) => fields[offset - FIELDS_OFFSET] ?? 0)
    .filter((number) => number !== 0);
  if (references.length > 0 && strings.length === 0) return undefined;
  // A number beyond the last string is taken for the last string.
  const blank = new Set(references.map((number) => Math.min(number, strings.length) - 1));
  return {
    ...structure,
    fields: withZeros(fields, leftOut),
    strings: strings.map((text, index) => (blank.has(index) ? text.map(() => 0x20) : text)),
  };
}

/** Whether of a structure only header and length are measured, the rest being zeros. */
export function isHeaderOnly({ type }: SmbiosStructure): boolean {
  return type >= FIRST_OEM_TYPE || HEADER_ONLY.has(type);
}

function withZeros(fields: Uint8Array, leftOut: readonly Field[]): Uint8Array {
  const zeroed = Uint8Array.from(fields);
  for (const { offset, bytes } of leftOut) {
    zeroed.fill(0, offset - FIELDS_OFFSET, offset - FIELDS_OFFSET + bytes);
  }
  return zeroed;
}
