import { describe, expect, it } from 'vitest';
import type { SmbiosStructure } from '../../formats/smbios-structures.ts';
import { filteredStructure, isHeaderOnly } from './smbios-filter.ts';

/** Fields that have every byte set, but for string numbers at some offsets of the structure. */
function structure(
  type: number,
  length: number,
  numbers: Readonly<Record<number, number>> = {},
  strings: readonly string[] = ['one', 'two', 'three'],
): SmbiosStructure {
  const fields = new Uint8Array(length - 4).fill(0xff);
  for (const [offset, number] of Object.entries(numbers)) fields[Number(offset) - 4] = number;
  return { type, handle: 1, fields, strings: strings.map((text) => Buffer.from(text, 'latin1')) };
}

/** Offsets in the structure at which bytes are zeros. */
function zerosOf(filtered: SmbiosStructure | undefined): readonly number[] {
  return [...(filtered?.fields ?? [])].flatMap((byte, index) => (byte === 0 ? [index + 4] : []));
}

function stringsOf(filtered: SmbiosStructure | undefined): readonly string[] | undefined {
  return filtered?.strings.map((text) => Buffer.from(text).toString('latin1'));
}

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}

// Offsets as DSP0134 3.8 has them in clause 7.
describe('what is measured of an SMBIOS structure', () => {
  it.each([
    ['system: serial number, UUID, wake-up type', 1, 27, { 7: 1 }, [7, ...range(8, 16), 0x18]],
    ['baseboard: serial number, location', 2, 15, { 7: 1, 10: 2 }, [7, 10]],
    ['chassis: serial number, asset tag', 3, 22, { 7: 1, 8: 2 }, [7, 8]],
    [
      'processor: voltage, speed, texts, counts',
      4,
      48,
      { 32: 1, 33: 2, 34: 3 },
      [0x11, 0x16, 0x17, ...range(0x20, 6), ...range(0x2a, 6)],
    ],
    [
      'memory device: serial number, asset tag, part number',
      17,
      40,
      { 24: 1, 25: 2, 26: 3 },
      [24, 25, 26],
    ],
    ['battery: serial numbers, date', 22, 26, { 7: 1 }, [7, 16, 17, 18, 19]],
    ['reset count', 23, 13, {}, [5, 6]],
    ['speed of a fan', 27, 15, {}, [12, 13]],
    [
      'power supply: serial number, asset tag, part number',
      39,
      22,
      { 8: 1, 9: 2, 10: 3 },
      [8, 9, 10],
    ],
    ['nothing of a port', 8, 9, {}, []],
  ] satisfies [string, number, number, Record<number, number>, number[]][])(
    'lacks of the %s',
    (_, type, length, numbers, zeros) => {
      expect(zerosOf(filteredStructure(structure(type, length, numbers)))).toEqual(zeros);
    },
  );

  it('has spaces for the strings that tell machines apart', () => {
    const filtered = filteredStructure(structure(3, 22, { 7: 3, 8: 1 }));
    expect(stringsOf(filtered)).toEqual(['   ', 'two', '     ']);
  });

  it('has spaces for the last string where a number is beyond it', () => {
    expect(stringsOf(filteredStructure(structure(3, 22, { 7: 9, 8: 0 })))).toEqual([
      'one',
      'two',
      '     ',
    ]);
  });

  it('is not known where there is no string for a number', () => {
    expect(filteredStructure(structure(3, 22, { 7: 1, 8: 0 }, []))).toBeUndefined();
  });

  it('lacks no field that reaches beyond the structure', () => {
    expect(zerosOf(filteredStructure(structure(1, 23, { 7: 1 })))).toEqual([7]);
  });

  it('is the header alone of texts, logs and what belongs to manufacturers', () => {
    const types = range(0, 256).filter((type) => isHeaderOnly(structure(type, 8)));
    expect(types).toEqual([11, 15, 18, 31, 33, ...range(128, 128)]);
  });
});
