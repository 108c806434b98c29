import { describe, expect, it } from 'vitest';
import { smbiosSystemUuid } from './smbios-system-uuid.ts';

// DMTF DSP0134, 7.2.1: the UUID 00112233-4455-6677-8899-AABBCCDDEEFF and how it is stored.
const STORED = '33221100554477668899aabbccddeeff';
const UUID = '00112233-4455-6677-8899-aabbccddeeff';

const structure = (type: number, body: string, strings = '\0\0') =>
  Buffer.concat([
    Buffer.of(type, 4 + body.length / 2, 0, 0),
    Buffer.from(body, 'hex'),
    Buffer.from(strings),
  ]);

const system = structure(1, `01020300${STORED}060000`, 'QEMU\0PC\0\0');
const end = structure(127, '');

describe('the UUID of the system', () => {
  it('stands in its structure', () => {
    const tables = Buffer.concat([structure(0, '0000', 'BIOS\0\0'), system, end]);
    expect(smbiosSystemUuid('tables', tables)).toBe(UUID);
  });

  it('may be missing', () => {
    expect(smbiosSystemUuid('tables', Buffer.concat([structure(1, '00'), end]))).toBeUndefined();
    expect(smbiosSystemUuid('tables', Buffer.concat([end, system]))).toBeUndefined();
    expect(smbiosSystemUuid('tables', new Uint8Array(0))).toBeUndefined();
  });

  it.each([
    ['a length of nothing', Buffer.of(1, 0, 0, 0)],
    ['strings without end', structure(0, '', 'BIOS\0')],
    ['half a structure', system.subarray(0, 12)],
  ])('is not read from %s', (_, tables) => {
    expect(() => smbiosSystemUuid('tables', tables)).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });
});
