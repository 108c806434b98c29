import { describe, expect, it } from 'vitest';
import { PciConfiguration } from './pci-configuration.ts';
import { FakeMachine } from './testing/fake-machine.ts';

/** A function: the bits of its BARs that can be set, and those that are fixed. */
type Device = { readonly header?: number; readonly bars: readonly (readonly [number, number])[] };

/** Configuration mechanism #1 of PCI Local Bus 3.0, 3.2.2.3.2, by device * 8 + function. */
function busWith(devices: Readonly<Record<number, Device>>) {
  const machine = new FakeMachine();
  const registers = new Map<number, number>();
  let address = 0;
  const read = () => {
    const device = devices[(address >> 8) & 0xff];
    const offset = address & 0xff;
    if (device === undefined) return 0xffffffff;
    if (offset === 0) return 0x10001af4;
    if (offset === 0x0c) return (device.header ?? 0) << 16;
    const [mask, fixed] = device.bars[(offset - 0x10) / 4] ?? [0, 0];
    return offset === 4 ? 0 : (((registers.get(address) ?? 0) & mask) | fixed) >>> 0;
  };
  const out = (port: number, value: number) => {
    if (port === 0xcf8) address = value & 0x7fffffff;
    else registers.set(address, value);
  };
  machine.ports = { in: read, out };
  return { pci: new PciConfiguration(machine.qtest), registers };
}

const IO_128 = [0xffffff80, 1] as const;
const MEMORY_4K = [0xfffff000, 0] as const;
const PREFETCHABLE_16K = [0xffffc000, 0xc] as const;
const HIGH = [0xffffffff, 0] as const;
const NONE = [0, 0] as const;

describe('the configuration space of the root bus', () => {
  it('shows functions and the sizes of their BARs', async () => {
    const virtio = { bars: [IO_128, MEMORY_4K, NONE, NONE, PREFETCHABLE_16K, HIGH] };
    const { pci } = busWith({ 8: virtio, 250: { header: 0x80, bars: [] } });
    expect(await pci.probe()).toEqual([
      {
        device: 1,
        function: 0,
        bars: [
          { index: 0, kind: 'io', isPrefetchable: false, size: 0x80n },
          { index: 1, kind: 'memory32', isPrefetchable: false, size: 0x1000n },
          { index: 4, kind: 'memory64', isPrefetchable: true, size: 0x4000n },
        ],
      },
      { device: 31, function: 2, bars: [] },
    ]);
  });

  it('knows BARs of 4 GiB and more', async () => {
    const large = { bars: [[0, 0x4] as const, [0xfffffffc, 0] as const] };
    const { pci } = busWith({ 16: large });
    const [{ bars } = { bars: [] }] = await pci.probe();
    expect(bars).toEqual([{ index: 0, kind: 'memory64', isPrefetchable: false, size: 1n << 34n }]);
  });

  it('programs addresses, and the decoding of them', async () => {
    const { pci, registers } = busWith({ 8: { bars: [PREFETCHABLE_16K, HIGH] } });
    const [owner] = await pci.probe();
    const bar = owner?.bars[0];
    if (owner === undefined || bar === undefined) throw new Error('no BAR');
    await pci.program([{ function: owner, bar, address: 0xc000004000n }]);
    expect(registers.get(0x810)).toBe(0x4000);
    expect(registers.get(0x814)).toBe(0xc0);
    expect(registers.get(0x804)).toBe(7);
  });

  it('has no bridges', async () => {
    const { pci } = busWith({ 24: { header: 1, bars: [] } });
    await expect(pci.probe()).rejects.toThrow('QEMU has a PCI bridge at 3.0');
  });
});
