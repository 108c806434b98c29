import type { Cursor } from '../bytes/cursor.ts';
import type { NodeTexts } from './device-path-node.ts';
import { hexNumber, vendorText } from './device-path-text.ts';

/** Low half of the compressed EISA ids that start with `PNP`. */
const PNP = 0x41d0;

/** Devices that have a name of their own, by number of their `PNP` id. */
const PNP_NAMES: Readonly<Record<number, string>> = {
  2563: 'PciRoot',
  2568: 'PcieRoot',
  1540: 'Floppy',
  769: 'Keyboard',
  1281: 'Serial',
  1025: 'ParallelPort',
};

/** Hardware device path nodes (UEFI 2.11, 10.3.2). */
export const HARDWARE_NODES: NodeTexts = {
  1: (cursor) => {
    const pciFunction = cursor.u8('function');
    return `Pci(${hexNumber(cursor.u8('device'))},${hexNumber(pciFunction)})`;
  },
  3: (cursor) => {
    const type = hexNumber(cursor.u32('memory type'));
    const start = hexNumber(cursor.u64('start'));
    return `MemoryMapped(${type},${start},${hexNumber(cursor.u64('end'))})`;
  },
  4: vendorText('VenHw'),
  5: (cursor) => `Ctrl(${hexNumber(cursor.u32('controller'))})`,
};

/** ACPI device path nodes (UEFI 2.11, 10.3.3). */
export const ACPI_NODES: NodeTexts = {
  1: (cursor) => {
    const id = cursor.u32('hardware id');
    return acpiText(id, hexNumber(cursor.u32('unique id')));
  },
  3: (cursor) => `AcpiAdr(${[...adapters(cursor)].join(',')})`,
};

function acpiText(id: number, uniqueId: string): string {
  const number = id >>> 16;
  if ((id & 0xffff) !== PNP) return `Acpi(0x${digits(id, 8)},${uniqueId})`;
  const name = PNP_NAMES[number];
  return name === undefined ? `Acpi(PNP${digits(number, 4)},${uniqueId})` : `${name}(${uniqueId})`;
}

function* adapters(cursor: Cursor): Generator<string, void, undefined> {
  do yield hexNumber(cursor.u32('address of a display'));
  while (cursor.remaining > 0);
}

function digits(value: number, count: number): string {
  return value.toString(16).toUpperCase().padStart(count, '0');
}
