import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQemuBootOrder } from './qemu-boot-order.ts';

function read(text: string) {
  return readQemuBootOrder(Buffer.from(text, 'latin1'));
}

describe('QEMU’s boot order', () => {
  it('leads to a virtio disk', () => {
    expect(read('/pci@i0cf8/scsi@1/disk@0,0\0')).toEqual({ disks: [[{ device: 1, function: 0 }]] });
  });

  it('leads through bridges', () => {
    const text = '/pci@i0cf8/pci-bridge@1e/scsi@1f/disk@0,0\n/pci@i0cf8/scsi@a/disk@0,0\0';
    expect(read(text)).toEqual({
      disks: [
        [
          { device: 0x1e, function: 0 },
          { device: 0x1f, function: 0 },
        ],
        [{ device: 10, function: 0 }],
      ],
    });
  });

  it.each([
    ['a network card', '/pci@i0cf8/ethernet@2/ethernet-phy@0'],
    ['a SATA disk', '/pci@i0cf8/pci8086,2922@1f,2/drive@0/disk@0'],
    ['a disk of virtio-scsi', '/pci@i0cf8/scsi@2/channel@0/disk@0,0'],
    ['a function other than 0', '/pci@i0cf8/scsi@2,1/disk@0,0'],
    ['a further root bus', '/pci@i0cf8,1/scsi@2/disk@0,0'],
    ['the end of booting', '/pci@i0cf8/scsi@1/disk@0,0\nHALT'],
  ])('with %s is not followed', (_, text) => {
    expect(read(`${text}\0`)).toHaveProperty('unknown');
  });

  it('without a device leaves it to the firmware what to boot', () => {
    expect(read('')).toHaveProperty('unknown');
    expect(readQemuBootOrder(undefined)).toHaveProperty('unknown');
  });

  it('has an end, and no more bridges than OVMF looks at', () => {
    const bridge = '/pci-bridge@1';
    expect(read('/pci@i0cf8/scsi@1/disk@0,0')).toHaveProperty('unknown');
    expect(read(`/pci@i0cf8${bridge.repeat(3)}/scsi@1/disk@0,0\0`)).toHaveProperty('disks');
    expect(read(`/pci@i0cf8${bridge.repeat(4)}/scsi@1/disk@0,0\0`)).toHaveProperty('unknown');
  });

  it('takes any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readQemuBootOrder(bytes)).toBeDefined();
      }),
    );
  });
});
