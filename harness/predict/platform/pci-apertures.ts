import { Cursor } from '../../bytes/cursor.ts';
import type { Aperture, PciApertures } from './pci-allocation.ts';

/** What CPUID says of a processor's physical addresses. */
export type CpuAddressing = {
  /** E.g. `AuthenticAMD`. */
  readonly vendor: string;
  /** Width of a physical address, leaf 0x80000008 EAX 7:0. */
  readonly physBits: number;
  /** How much of it the host's paging carries, EAX 23:16; 0 where the host does not say. */
  readonly guestPhysBits: number;
  /** Whether it has pages of 1 GiB, leaf 0x80000001 EDX 26. */
  readonly hasGiBPages: boolean;
};

/** What OVMF's apertures follow from. */
export type PlatformAddresses = {
  /** The fw_cfg file `etc/e820`. */
  readonly e820: Uint8Array;
  /** The fw_cfg file `etc/reserved-memory-end`, where there is one. */
  readonly reservedMemoryEnd: Uint8Array | undefined;
  readonly cpu: CpuAddressing;
  /** PcdUse1GPageTable: every build of OVMF but AmdSev. */
  readonly usesGiBPages: boolean;
};

/** A range of `etc/e820`. */
type MemoryRange = Aperture & { readonly type: number };

/** Types of ranges: QEMU, hw/i386/e820_memory_layout.h. */
const E820_RAM = 1;

const E820_ENTRY_BYTES = 20;

const GIB = 1n << 30n;
const FOUR_GIB = 4n * GIB;

/** PcdPciExpressBaseAddress: the 32-bit aperture ends where PCI Express's configuration begins. */
const PCIE_CONFIGURATION = 0xe0000000n;

/** What Q35 leaves above the chipset's own ports. */
const IO: Aperture = { base: 0x6000n, end: 0x10000n };

/** PcdPciMmio64Size: the 64-bit aperture where the width of addresses is not known. */
const CLASSIC_SIZE: bigint = 32n * GIB;

/** Widths that processors of a vendor really have, of those that QEMU also invents. */
const CREDIBLE_WIDTHS: Readonly<Record<string, readonly number[]>> = {
  GenuineIntel: [36, 39],
  AuthenticAMD: [40],
};

/** The smallest width that is no mere default of QEMU's. */
const SURE_WIDTH = 41;

/** What paging with four levels, and what pages of 2 MiB, are used for. */
const FOUR_LEVEL_WIDTH = 46;
const SMALL_PAGES_WIDTH = 40;

/**
 * Where OVMF (edk2-stable202408 and later) lets QEMU's Q35 decode PCI.
 *
 * @param addresses what QEMU tells the firmware of memory and processor
 * @throws FormatError where a fw_cfg file is damaged
 * @see edk2, OvmfPkg/Library/PlatformInitLib/Platform.c (PlatformMemMapInitialization) and
 *   MemDetect.c (PlatformQemuUc32BaseInitialization, PlatformAddressWidthInitialization)
 */
export function pciApertures(addresses: PlatformAddresses): PciApertures {
  const memory = readE820(addresses.e820);
  return { io: IO, memory32: memory32(memory), memory64: memory64(memory, addresses) };
}

function readE820(bytes: Uint8Array): readonly MemoryRange[] {
  const cursor = new Cursor('etc/e820', bytes);
  const ranges: MemoryRange[] = [];
  while (cursor.remaining > 0) {
    const entry = cursor.sub(E820_ENTRY_BYTES, 'entry');
    const base = entry.u64('address');
    ranges.push({ base, end: base + entry.u64('length'), type: entry.u32('type') });
  }
  return ranges;
}

/** From where one MTRR can cover all that is not memory, in a power of two below 4 GiB. */
function memory32(memory: readonly MemoryRange[]): Aperture {
  const low = memory.find(({ type, base }) => type === E820_RAM && base === 0n)?.end ?? 0n;
  return { base: FOUR_GIB - powerOfTwoIn(FOUR_GIB - low), end: PCIE_CONFIGURATION };
}

function memory64(memory: readonly MemoryRange[], addresses: PlatformAddresses): Aperture {
  const classicBase: bigint = alignUp(
    alignUp(firstNonAddress(memory, addresses), GIB),
    CLASSIC_SIZE,
  );
  const classic = { base: classicBase, end: classicBase + CLASSIC_SIZE };
  const width = addressWidth(addresses);
  if (width === undefined) return classic;
  const all = 1n << BigInt(width);
  const size: bigint = all >> 3n;
  if (CLASSIC_SIZE >= size || classicBase + size >= all) return classic;
  return memory
    .filter(({ type }) => type !== E820_RAM)
    .reduce(belowReservation, { base: all - size, end: all });
}

/** The end of memory, and of the area for memory to be plugged in. */
function firstNonAddress(
  memory: readonly MemoryRange[],
  { reservedMemoryEnd }: PlatformAddresses,
): bigint {
  if (reservedMemoryEnd !== undefined) {
    return new Cursor('etc/reserved-memory-end', reservedMemoryEnd).u64('address');
  }
  let highest = FOUR_GIB;
  for (const { type, end } of memory) if (type === E820_RAM && end > highest) highest = end;
  return highest;
}

/** AMD's IOMMU has a range below 1 TiB. */
function belowReservation(aperture: Aperture, reserved: MemoryRange): Aperture {
  if (reserved.end <= aperture.base || aperture.end <= reserved.base) return aperture;
  const size = aperture.end - aperture.base;
  const base = (reserved.base - size) & ~(size - 1n);
  return { base, end: base + size };
}

/** How wide the firmware takes addresses to be; `undefined` where it does not believe CPUID. */
function addressWidth({ cpu, usesGiBPages }: PlatformAddresses): number | undefined {
  const { vendor, physBits, guestPhysBits, hasGiBPages } = cpu;
  const isCredible =
    guestPhysBits > 0 ||
    physBits >= SURE_WIDTH ||
    (CREDIBLE_WIDTHS[vendor]?.includes(physBits) ?? false);
  if (!isCredible) return undefined;
  const carried = guestPhysBits > 0 ? Math.min(physBits, guestPhysBits) : physBits;
  const paged = hasGiBPages && usesGiBPages ? FOUR_LEVEL_WIDTH : SMALL_PAGES_WIDTH;
  return Math.min(carried, paged);
}

/** The largest power of two that is not larger. */
function powerOfTwoIn(value: bigint): bigint {
  return 1n << BigInt(value.toString(2).length - 1);
}

function alignUp(address: bigint, unit: bigint): bigint {
  return ((address + unit - 1n) / unit) * unit;
}
