import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../bytes/hex.ts';
import { readSmbiosAnchor } from './smbios-anchor.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

// As Linux shows it of QEMU 11.1 with OVMF: SMBIOS 2.8, a table of 0x189 bytes.
const TWO = bytes('5f534d5f281f020851000000000000005f444d495fff890100a0d33b090028');
// By the specification: SMBIOS 3.0, at most 0x200 bytes.
const THREE = bytes('5f534d335f001803000001000002000000a0d33b00000000');

function bytes(hex: string): Uint8Array {
  return fromHex(hex) ?? new Uint8Array(0);
}

describe('an SMBIOS entry point', () => {
  it('of 32 bits has version and table length', () => {
    expect(readSmbiosAnchor(TWO)).toEqual({ major: 2, minor: 8, tableBytes: 0x189 });
  });

  it('of 64 bits has version and the most that the table may have', () => {
    expect(readSmbiosAnchor(THREE)).toEqual({ major: 3, minor: 0, tableBytes: 0x200 });
  });

  it.each([
    ['another size', TWO.subarray(1)],
    ['another anchor', TWO.map((byte, index) => (index === 1 ? 0 : byte))],
    ['another intermediate anchor', TWO.map((byte, index) => (index === 17 ? 0 : byte))],
    ['another 64-bit anchor', THREE.map((byte, index) => (index === 3 ? 0 : byte))],
  ])('with %s is refused', (_, data) => {
    expect(() => readSmbiosAnchor(data)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('is read from any bytes, or refused with their place', () => {
    fc.assert(
      fc.property(fc.oneof(mutations(TWO), mutations(THREE)), (data) => {
        resultOrFormatError(() => readSmbiosAnchor(data));
      }),
    );
  });
});
