import { describe, expect, it } from 'vitest';
import { type SmbiosStructure, smbiosStructureBytes } from '../../formats/smbios-structures.ts';
import { makeQemuSmbios } from '../testing/made-smbios.ts';
import { smbiosTable } from './smbios-table.ts';

const STRINGS = ['Vendor', '1.0', '01/01/2026'] as const;

function structure(type: number, handle: number): SmbiosStructure {
  return { type, handle, fields: Uint8Array.of(1), strings: [Buffer.from('QEMU')] };
}

function table(
  structures: readonly SmbiosStructure[],
  version: readonly [number, number] = [2, 8],
) {
  return smbiosTable(makeQemuSmbios(structures, version), [...STRINGS]);
}

function outline(structures: readonly SmbiosStructure[] | undefined) {
  return structures?.map(({ type, handle }) => [type, handle]);
}

describe('the SMBIOS table that OVMF makes', () => {
  it('has QEMU’s structures, OVMF’s type 0 under the first free handle, and the end', () => {
    const made = table([structure(1, 0x100), structure(3, 0)]);
    expect(outline(made)).toEqual([
      [1, 0x100],
      [3, 0],
      [0, 1],
      [127, 0xfeff],
    ]);
  });

  // As in a dump of the table of Debian's OVMF 2026.08.
  it('says of the firmware that it is a virtual machine’s', () => {
    const [type0] = table([]) ?? [];
    const bytes = type0 ? Buffer.from(smbiosStructureBytes(type0)) : Buffer.alloc(0);
    expect(bytes.subarray(0, 26).toString('hex')).toBe(
      '001a0000010200e803000800000000000000001c0000ffff0000',
    );
    expect(bytes.subarray(26).toString('latin1')).toBe('Vendor\x001.0\x0001/01/2026\0\0');
  });

  it('keeps a type 0 that QEMU gives', () => {
    expect(outline(table([structure(0, 7)]))).toEqual([
      [0, 7],
      [127, 0xfeff],
    ]);
  });

  it('passes over a handle that is taken or reserved', () => {
    expect(outline(table([structure(0, 7), structure(1, 7), structure(2, 0xff00)]))).toEqual([
      [0, 7],
      [127, 0xfeff],
    ]);
  });

  it('is the same of a 64-bit entry point', () => {
    const structures = [structure(1, 0x100)];
    expect(table(structures, [3, 0])).toEqual(table(structures));
  });

  it.each([
    ['QEMU has no structures', { tables: new Uint8Array(0) }],
    ['the entry point has another size', { anchor: new Uint8Array(30) }],
    ['the entry point is of another table', { tables: Buffer.alloc(7) }],
  ])('is none where %s', (_, changed) => {
    const qemu = makeQemuSmbios([structure(1, 0x100)], [2, 8]);
    expect(smbiosTable({ ...qemu, ...changed }, STRINGS)).toEqual([]);
  });

  it.each([
    ['3 in the entry point of version 2', [3, 0], '_SM_'],
    ['2 in the entry point of version 3', [2, 8], '_SM3_'],
  ] as const)('is none with version %s', (_, version, anchor) => {
    expect(smbiosTable(makeQemuSmbios([], version, anchor), STRINGS)).toEqual([]);
  });

  it('is not known with strings of type 0 that are not known', () => {
    const qemu = makeQemuSmbios([structure(1, 0x100)], [2, 8]);
    expect(smbiosTable(qemu, undefined)).toBeUndefined();
    expect(smbiosTable(makeQemuSmbios([structure(0, 0)], [2, 8]), undefined)).toHaveLength(2);
  });

  it('is not known of an old version, and of a table that has grown too long for version 2', () => {
    expect(table([], [2, 4])).toBeUndefined();
    const strings = [Buffer.alloc(0xffd0, 'x')];
    expect(table([{ ...structure(11, 1), strings }])).toBeUndefined();
    expect(table([{ ...structure(11, 1), strings }], [3, 0])).toHaveLength(3);
  });
});
