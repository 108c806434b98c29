import { describe, expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { fromHex } from '../bytes/hex.ts';
import { devicePathText } from './device-path.ts';
import { readLoadOption } from './load-option.ts';

// Boot0000 of every OVMF: UiApp, hidden, in the firmware's volume (SHA-256 3197be1e300fa160…).
const UI_APP =
  '090100002c005500690041007000700000000407 1400c9bdb87cebf8344faaea3ee4af6516a104061400' +
  '21aa2c4614760345836e8ab6f46623317fff0400';

function read(hex: string) {
  const bytes = fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);
  return readLoadOption(new Cursor('Boot0000', bytes));
}

describe('load options', () => {
  it('say what is loaded', () => {
    const option = read(UI_APP);
    expect(option).toMatchObject({ attributes: 0x109, isActive: true, description: 'UiApp' });
    expect(option.paths.map(devicePathText)).toEqual([
      'Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)/FvFile(462CAA21-7614-4503-836E-8AB6F4662331)',
    ]);
    expect(option.optionalData).toHaveLength(0);
  });

  it('may be inactive, have several paths and data', () => {
    const option = read('00000000 0e00 41000000 010106000001 7fff0400 7fff0400 6869');
    expect(option).toMatchObject({ isActive: false, description: 'A' });
    expect(option.paths.map(devicePathText)).toEqual(['Pci(0x1,0x0)', '']);
    expect(Buffer.from(option.optionalData).toString()).toBe('hi');
  });

  it.each([
    ['no end of the description', '01000000 0400 4100 4200', 10],
    ['no path', '01000000 0000 0000', 8],
    ['a list beyond the end', '01000000 0800 0000 7fff0400', 8],
    ['a list that cuts a path', '01000000 0500 0000 7fff0400 01', 13],
  ])('with %s are refused', (_, hex, offset) => {
    expect(() => read(hex)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });
});
