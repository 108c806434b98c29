import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex } from '../../bytes/hex.ts';
import { devicePathText } from '../../formats/device-path.ts';
import { mutations } from '../../formats/testing/mutations.ts';
import { bootOptionData, pathOf, readBootOption, sameOption } from './boot-option.ts';

// Boot0002 of a machine with a virtio disk in slot 1 (SHA-256 e6f87048b3bcb1be…).
const DISK = bytes(
  '010000001600550045004600490020004d00690073006300200044006500760069006300650000000201' +
    '0c00d041030a000000000101060000017fff04004eac0881119f594d850ee21a522c59b2',
);

function bytes(hex: string): Uint8Array {
  return fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0);
}

describe('a boot option', () => {
  it('says what is booted', () => {
    const option = readBootOption(DISK);
    expect(option).toMatchObject({ attributes: 1, description: 'UEFI Misc Device' });
    expect(option && devicePathText(pathOf(option))).toBe('PciRoot(0x0)/Pci(0x1,0x0)');
    expect(Buffer.from(option?.optionalData ?? []).toString('hex')).toBe(
      '4eac0881119f594d850ee21a522c59b2',
    );
  });

  it('is written as it was read', () => {
    const option = readBootOption(DISK);
    expect(option && Buffer.from(bootOptionData(option))).toEqual(Buffer.from(DISK));
  });

  it('has one device path, whatever follows it', () => {
    const option = readBootOption(bytes('00000000 0800 41000000 7fff0400 deadbeef 6869'));
    expect(option).toMatchObject({ description: 'A', path: bytes('7fff0400') });
    expect(Buffer.from(option?.optionalData ?? []).toString()).toBe('hi');
  });

  it.each([
    ['nothing', ''],
    ['no device path', '01000000 0000 0000'],
    ['a description without an end', '01000000 0400 4100 4200'],
    ['a device path without an end', '01000000 0600 0000 010106000001'],
    ['a list beyond the end', '01000000 0800 0000 7fff0400'],
  ])('with %s is none', (_, hex) => {
    expect(readBootOption(bytes(hex))).toBeUndefined();
  });

  it('is another where one bit of it is another', () => {
    const option = readBootOption(DISK);
    expect(option && sameOption(option, { ...option })).toBe(true);
    expect(option && sameOption(option, { ...option, attributes: 0 })).toBe(false);
  });

  it('is read from any bytes, or is none', () => {
    fc.assert(
      fc.property(mutations(DISK), (data) => {
        const option = readBootOption(data);
        if (option) expect(() => pathOf(option)).not.toThrow();
      }),
    );
  });
});
