import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../bytes/format-error.ts';
import { pciApertures } from './pci-apertures.ts';

const GIB = 1n << 30n;
const RAM = 1;
const RESERVED = 2;

/** QEMU, hw/i386/e820_memory_layout.h: struct e820_entry, little-endian and packed. */
function e820(...entries: readonly (readonly [bigint, bigint, number])[]): Uint8Array {
  return Buffer.concat(
    entries.map(([base, length, type]) => {
      const entry = Buffer.alloc(20);
      entry.writeBigUInt64LE(base, 0);
      entry.writeBigUInt64LE(length, 8);
      entry.writeUInt32LE(type, 16);
      return entry;
    }),
  );
}

const MEMORY = e820([0n, GIB, RAM]);
/** AMD's range for HyperTransport, which QEMU reserves. */
const AMD_MEMORY = e820([0n, GIB, RAM], [0xfd00000000n, 0x300000000n, RESERVED]);

/** What `-cpu max` is under emulation. */
const max = { vendor: 'AuthenticAMD', physBits: 40, guestPhysBits: 0, hasGiBPages: true };
const intel = { ...max, vendor: 'GenuineIntel' };
const usual = { e820: MEMORY, reservedMemoryEnd: undefined, cpu: max, usesGiBPages: true };

describe('the 32-bit aperture', () => {
  it.each([
    [64n << 20n, 0x80000000n],
    [2n * GIB, 0x80000000n],
    [0xa0000000n, 0xc0000000n],
  ])('of a machine with 0x%x bytes of low memory', (low, base) => {
    const { memory32 } = pciApertures({ ...usual, e820: e820([0n, low, RAM]) });
    expect(memory32).toEqual({ base, end: 0xe0000000n });
  });

  it('leaves ports from 0x6000 on', () => {
    expect(pciApertures(usual).io).toEqual({ base: 0x6000n, end: 0x10000n });
  });
});

describe('the 64-bit aperture', () => {
  it('is the last eighth of what the processor addresses', () => {
    expect(pciApertures(usual).memory64).toEqual({ base: 896n * GIB, end: 1024n * GIB });
  });

  it('makes way for a reserved range, as query-pci shows of `-cpu max`', () => {
    const { memory64 } = pciApertures({ ...usual, e820: AMD_MEMORY });
    expect(memory64).toEqual({ base: 0xc000000000n, end: 0xe000000000n });
  });

  it.each([
    { cpu: { ...max, physBits: 48 }, width: 46 },
    { cpu: { ...max, physBits: 43 }, width: 43 },
    { cpu: { ...max, physBits: 52, guestPhysBits: 44 }, width: 44 },
    { cpu: { ...intel, physBits: 39 }, width: 39 },
    { cpu: { ...intel, guestPhysBits: 40 }, width: 40 },
    { cpu: { ...max, physBits: 48, hasGiBPages: false }, width: 40 },
  ])('believes $cpu', ({ cpu, width }) => {
    const all = 1n << BigInt(width);
    const { memory64 } = pciApertures({ ...usual, cpu });
    expect(memory64).toEqual({ base: all - all / 8n, end: all });
  });

  it('of AmdSev ends at 1 TiB', () => {
    const cpu = { ...max, physBits: 48 };
    const { memory64 } = pciApertures({ ...usual, cpu, usesGiBPages: false });
    expect(memory64.end).toBe(1024n * GIB);
  });

  it('follows memory where the width is a mere default', () => {
    const ends = (memory: Uint8Array, reservedMemoryEnd?: Uint8Array) =>
      pciApertures({ ...usual, e820: memory, cpu: intel, reservedMemoryEnd }).memory64;
    expect(ends(MEMORY)).toEqual({ base: 32n * GIB, end: 64n * GIB });
    const large = e820([0n, 2n * GIB, RAM], [4n * GIB, 29n * GIB, RAM]);
    expect(ends(large)).toEqual({ base: 64n * GIB, end: 96n * GIB });
    const end = Buffer.alloc(8);
    end.writeBigUInt64LE(65n * GIB);
    expect(ends(MEMORY, end)).toEqual({ base: 96n * GIB, end: 128n * GIB });
  });

  it('follows memory where that leaves no eighth', () => {
    const cpu = { ...intel, physBits: 36 };
    expect(pciApertures({ ...usual, cpu }).memory64).toEqual({ base: 32n * GIB, end: 64n * GIB });
  });
});

describe('damaged fw_cfg files', () => {
  it('are refused', () => {
    const short = MEMORY.subarray(0, 19);
    expect(() => pciApertures({ ...usual, e820: short })).toThrow(FormatError);
    const reservedMemoryEnd = new Uint8Array(4);
    expect(() => pciApertures({ ...usual, reservedMemoryEnd })).toThrow(FormatError);
  });

  it('give apertures or a FormatError, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.nat(MEMORY.length), (noise, at) => {
        const bytes = Buffer.concat([MEMORY.subarray(0, at), noise]);
        try {
          pciApertures({ ...usual, e820: bytes });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});
