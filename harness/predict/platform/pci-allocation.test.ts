import { describe, expect, it } from 'vitest';
import { allocatePciBars, type PciBar, type PciFunction } from './pci-allocation.ts';

const apertures = {
  io: { base: 0x6000n, end: 0x10000n },
  memory32: { base: 0x80000000n, end: 0xe0000000n },
  memory64: { base: 0xc000000000n, end: 0xe000000000n },
};

const io = (index: number, size: bigint): PciBar => {
  return { index, kind: 'io', isPrefetchable: false, size };
};
const memory32 = (index: number, size: bigint, isPrefetchable = false): PciBar => {
  return { index, kind: 'memory32', isPrefetchable, size };
};
const memory64 = (index: number, size: bigint, isPrefetchable = true): PciBar => {
  return { index, kind: 'memory64', isPrefetchable, size };
};

function addresses(functions: readonly PciFunction[], given = apertures) {
  return Object.fromEntries(
    allocatePciBars(functions, given).map(({ function: owner, bar, address }) => [
      `${owner.device}.${owner.function} BAR${bar.index}`,
      address,
    ]),
  );
}

/** One device with the BARs, numbered by their place. */
function alone(...bars: readonly PciBar[]) {
  return Object.values(addresses([{ device: 1, function: 0, bars }]));
}

describe('addresses of BARs', () => {
  it("are those that query-pci shows of a Q35 machine after OVMF's enumeration", () => {
    const virtio = (device: number, ioSize: bigint) => ({
      ...{ device, function: 0 },
      bars: [io(0, ioSize), memory32(1, 0x1000n), memory64(4, 0x4000n)],
    });
    const functions = [
      { device: 0, function: 0, bars: [] },
      virtio(1, 0x80n),
      virtio(2, 0x20n),
      virtio(3, 0x20n),
      { device: 31, function: 0, bars: [] },
      { device: 31, function: 2, bars: [io(4, 0x20n), memory32(5, 0x1000n)] },
      { device: 31, function: 3, bars: [io(4, 0x40n)] },
    ];
    expect(addresses(functions)).toEqual({
      '1.0 BAR0': 0x6000n,
      '1.0 BAR1': 0x80003000n,
      '1.0 BAR4': 0xc000000000n,
      '2.0 BAR0': 0x6100n,
      '2.0 BAR1': 0x80002000n,
      '2.0 BAR4': 0xc000004000n,
      '3.0 BAR0': 0x60e0n,
      '3.0 BAR1': 0x80001000n,
      '3.0 BAR4': 0xc000008000n,
      '31.2 BAR4': 0x60c0n,
      '31.2 BAR5': 0x80000000n,
      '31.3 BAR4': 0x6080n,
    });
  });

  it('fall with the alignment, whatever the order on the bus', () => {
    const bars = [memory32(0, 0x1000n), memory32(1, 0x100000n), memory32(2, 0x4000n)];
    expect(alone(...bars)).toEqual([0x80000000n, 0x80100000n, 0x80104000n]);
    expect(addresses([{ device: 1, function: 0, bars }])).toMatchObject({
      '1.0 BAR1': 0x80000000n,
      '1.0 BAR0': 0x80104000n,
    });
  });

  it('begin where the strictest alignment lets them', () => {
    const memory = { ...apertures, memory32: { base: 0x80100000n, end: 0xe0000000n } };
    const bars = [memory32(0, 0x2000000n)];
    expect(addresses([{ device: 1, function: 0, bars }], memory)).toEqual({
      '1.0 BAR0': 0x82000000n,
    });
  });

  it('share no page of memory, while ports share one', () => {
    const small = [memory32(0, 0x10n), memory32(1, 0x20n), io(2, 4n), io(3, 4n)];
    expect(addresses([{ device: 1, function: 0, bars: small }])).toEqual({
      '1.0 BAR0': 0x80001000n,
      '1.0 BAR1': 0x80000000n,
      '1.0 BAR2': 0x6004n,
      '1.0 BAR3': 0x6000n,
    });
    // Where a page holds less of the newcomer, it comes behind.
    const falling = [memory32(0, 0x20n), memory32(1, 0x10n)];
    expect(addresses([{ device: 1, function: 0, bars: falling }])).toEqual({
      '1.0 BAR0': 0x80000000n,
      '1.0 BAR1': 0x80001000n,
    });
  });

  it('put what is prefetchable before its equals', () => {
    const bars = [memory64(0, 0x4000n), memory64(2, 0x4000n, false)];
    expect(addresses([{ device: 1, function: 0, bars }])).toEqual({
      '1.0 BAR0': 0xc000000000n,
      '1.0 BAR2': 0xc000004000n,
    });
  });

  it('end where the aperture ends', () => {
    expect(() => alone(io(0, 0x8000n), io(1, 0x8000n))).toThrow(RangeError);
    expect(() => alone(memory32(0, 0x80000000n))).toThrow('0x80000000-0xe0000000');
  });
});
