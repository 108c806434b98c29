import { InfraError } from '../host/errors.ts';
import type { PciBar, PciFunction, PlacedBar } from '../predict/platform/pci-allocation.ts';
import type { Qtest } from './qtest.ts';

/** Where a register is in the configuration space of bus 0. */
export type PciRegister = {
  readonly device: number;
  readonly function: number;
  readonly offset: number;
};

/** Configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2), and the registers of its 6.1. */
const ADDRESS_PORT = 0xcf8;
const DATA_PORT = 0xcfc;
const ENABLE = 0x80000000;
const ID = 0x00;
const COMMAND = 0x04;
const HEADER_TYPE = 0x0c;
const BAR0 = 0x10;
const BARS = 6;
const ABSENT = 0xffffffff;

/** I/O space, memory space, bus master. */
const DECODE = 7;

/** Low bits of a BAR (PCI Local Bus 3.0, 6.2.5.1). */
const IO_SPACE = 0x1;
const MEMORY_64 = 0x4;
const PREFETCHABLE = 0x8;

/** The configuration space of the devices on a machine's root bus, as firmware sees it. */
export class PciConfiguration {
  readonly #qtest: Qtest;
  readonly #signal: AbortSignal | undefined;

  /** @param signal ends every wait */
  constructor(qtest: Qtest, signal?: AbortSignal) {
    this.#qtest = qtest;
    this.#signal = signal;
  }

  /**
   * Finds every function on the root bus, with the sizes of its BARs; these lose their values.
   *
   * @throws InfraError where QEMU breaks, or has a bridge to another bus
   */
  async probe(): Promise<readonly PciFunction[]> {
    const places = Array.from({ length: 256 }, (_, index) => ({
      device: index >> 3,
      function: index & 7,
    }));
    const ids = await this.read(places.map((place) => ({ ...place, offset: ID })));
    const present = places.filter((_, index) => ids[index] !== ABSENT);
    await this.#refuseBridges(present);
    const bars = present.flatMap(barsOf);
    await this.write(bars.map((register) => ({ ...register, value: 0xffffffff })));
    const masks = await this.read(bars);
    return present.map((place, index) => ({
      ...place,
      bars: readBars(masks.slice(index * BARS, (index + 1) * BARS)),
    }));
  }

  /**
   * Gives BARs their addresses and lets the devices decode them.
   *
   * @throws InfraError where QEMU breaks
   */
  async program(placed: readonly PlacedBar[]): Promise<void> {
    const addresses = placed.flatMap(({ function: owner, bar, address }) => {
      const halves = bar.kind === 'memory64' ? [address, address >> 32n] : [address];
      return halves.map((half, index) => ({
        ...owner,
        offset: BAR0 + 4 * (bar.index + index),
        value: Number(half & 0xffffffffn),
      }));
    });
    const owners = [...new Set(placed.map((one) => one.function))];
    const commands = owners.map((owner) => ({ ...owner, offset: COMMAND, value: DECODE }));
    await this.write([...addresses, ...commands]);
  }

  /**
   * Reads 32-bit registers.
   *
   * @throws InfraError where QEMU breaks
   */
  async read(registers: readonly PciRegister[]): Promise<readonly number[]> {
    const commands = registers.flatMap((register) => [select(register), `inl ${DATA_PORT}`]);
    const replies = await this.#qtest.run(commands, this.#signal);
    return registers.map((_, index) => Number(replies[2 * index + 1]));
  }

  /**
   * Writes 32-bit registers, in order.
   *
   * @throws InfraError where QEMU breaks
   */
  async write(values: readonly (PciRegister & { readonly value: number })[]): Promise<void> {
    const commands = values.flatMap((one) => [select(one), `outl ${DATA_PORT} ${one.value}`]);
    await this.#qtest.run(commands, this.#signal);
  }

  async #refuseBridges(places: readonly Omit<PciRegister, 'offset'>[]): Promise<void> {
    const types = await this.read(places.map((place) => ({ ...place, offset: HEADER_TYPE })));
    const bridge = places.find((_, index) => (((types[index] ?? 0) >> 16) & 0x7f) !== 0);
    if (bridge === undefined) return;
    const where = `${bridge.device}.${bridge.function}`;
    throw new InfraError({ tool: 'QEMU', problem: `has a PCI bridge at ${where}: not modelled` });
  }
}

function select({ device, function: number, offset }: PciRegister): string {
  return `outl ${ADDRESS_PORT} ${ENABLE + device * 0x800 + number * 0x100 + offset}`;
}

function barsOf(place: Omit<PciRegister, 'offset'>): readonly PciRegister[] {
  return Array.from({ length: BARS }, (_, index) => ({ ...place, offset: BAR0 + 4 * index }));
}

/** @param masks the six registers after all ones were written to them */
function readBars(masks: readonly number[]): readonly PciBar[] {
  const bars: PciBar[] = [];
  for (let index = 0; index < masks.length; index += 1) {
    const low = BigInt(masks[index] ?? 0);
    if (low === 0n) continue;
    const bar = readBar(index, low, BigInt(masks[index + 1] ?? 0));
    bars.push(bar);
    if (bar.kind === 'memory64') index += 1;
  }
  return bars;
}

function readBar(index: number, low: bigint, high: bigint): PciBar {
  const flags = Number(low & 0xfn);
  if ((flags & IO_SPACE) !== 0) {
    const size = sizeOf(low & 0xfffcn, 16);
    return { index, kind: 'io', isPrefetchable: false, size };
  }
  const isPrefetchable = (flags & PREFETCHABLE) !== 0;
  const mask = low & 0xfffffff0n;
  return (flags & MEMORY_64) === 0
    ? { index, kind: 'memory32', isPrefetchable, size: sizeOf(mask, 32) }
    : { index, kind: 'memory64', isPrefetchable, size: sizeOf((high << 32n) | mask, 64) };
}

/** The lowest address bit that can be set is the size. */
function sizeOf(mask: bigint, width: number): bigint {
  return BigInt.asUintN(width, -mask);
}
