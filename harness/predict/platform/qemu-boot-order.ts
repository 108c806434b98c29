import type { PciFunction } from './boot-device-path.ts';

/**
 * `/pci@i0cf8`, then at most three bridges, which is as far as OVMF looks, then a virtio-blk disk; each
 * being function 0 of its slot: whether another is found depends on what else is in the slot.
 */
const VIRTIO_DISK =
  /^\/pci@i0cf8((?:\/pci-bridge@[0-9a-f]{1,2}){0,3}\/scsi@[0-9a-f]{1,2})\/disk@[0-9a-f]+,[0-9a-f]+$/;

/** The slot of a PCI function on the way. */
const SLOT = /@([0-9a-f]+)/g;

/** What QEMU's boot order says, or why it cannot be followed. */
export type QemuBootOrder =
  | { readonly disks: readonly (readonly PciFunction[])[] }
  | { readonly unknown: string };

/**
 * Reads QEMU's list of boot devices.
 *
 * @param data fw_cfg's file `bootorder`: OpenFirmware device paths, a line each, ended by NUL
 * @returns of each disk the bridges that lead to it and its own PCI function, in the order of booting
 * @see edk2, OvmfPkg/Library/QemuBootOrderLib (TranslatePciOfwNodes); QEMU, softmmu/bootdevice.c
 */
export function readQemuBootOrder(data: Uint8Array | undefined): QemuBootOrder {
  const text = Buffer.from(data ?? []).toString('latin1');
  // Without a list, the firmware looks for everything that may be booted.
  if (text === '') return { unknown: 'QEMU names no device to boot from' };
  if (!text.endsWith('\0')) return { unknown: 'QEMU’s list of boot devices has no end' };
  const lines = text.slice(0, -1).split('\n');
  const disks: (readonly PciFunction[])[] = [];
  for (const line of lines) {
    const way = VIRTIO_DISK.exec(line)?.[1];
    if (way === undefined) return { unknown: `which options the firmware makes for ${line}` };
    disks.push(functionsOn(way));
  }
  return { disks };
}

function functionsOn(way: string): readonly PciFunction[] {
  return [...way.matchAll(SLOT)].map(([, slot = '0']) => ({
    device: Number.parseInt(slot, 16),
    function: 0,
  }));
}
