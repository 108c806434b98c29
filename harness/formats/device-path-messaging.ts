import type { Cursor } from '../bytes/cursor.ts';
import { decodeUtf16, decodeUtf16z } from '../bytes/utf16.ts';
import type { NodeTexts } from './device-path-node.ts';
import { hexBytes, hexNumber, vendorText } from './device-path-text.ts';

/** Interface types whose addresses have 6 of the 32 bytes: Ethernet, and none named. */
const SHORT_ADDRESS_TYPES = [0, 1];

/** Internet protocols with a name (RFC 1700). */
const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'TCP', 17: 'UDP' };

/** How an IPv6 address was got. */
const ADDRESS_ORIGINS = ['Static', 'StatelessAutoConfigure'];

/** Letters of EFI_PARITY_TYPE and texts of EFI_STOP_BITS_TYPE. */
const PARITIES = ['D', 'N', 'E', 'O', 'M', 'S'];
const STOP_BITS = ['D', '1', '1.5', '2'];

/** Messaging device path nodes (UEFI 2.11, 10.3.4). */
export const MESSAGING_NODES: NodeTexts = {
  1: (cursor) => {
    const channel = cursor.u8('channel') === 1 ? 'Secondary' : 'Primary';
    const drive = cursor.u8('drive') === 1 ? 'Slave' : 'Master';
    return `Ata(${channel},${drive},${hexNumber(cursor.u16('unit'))})`;
  },
  2: (cursor) => `Scsi(${numbers(cursor, ['u16', 'u16'])})`,
  5: (cursor) => `USB(${numbers(cursor, ['u8', 'u8'])})`,
  10: vendorText('VenMsg'),
  11: macText,
  12: ipv4Text,
  13: ipv6Text,
  14: uartText,
  15: (cursor) => `UsbClass(${numbers(cursor, ['u16', 'u16', 'u8', 'u8', 'u8'])})`,
  16: usbWwidText,
  17: (cursor) => `Unit(${numbers(cursor, ['u8'])})`,
  18: (cursor) => `Sata(${numbers(cursor, ['u16', 'u16', 'u16'])})`,
  20: (cursor) => `Vlan(${cursor.u16('VLAN')})`,
  23: (cursor) => {
    const namespace = hexNumber(cursor.u32('namespace'));
    const id = cursor.take(8, 'EUI-64').toReversed();
    return `NVMe(${namespace},${[...id].map((byte) => hexBytes(Uint8Array.of(byte))).join('-')})`;
  },
  24: (cursor) => `Uri(${Buffer.from(cursor.take(cursor.remaining, 'URI')).toString('utf8')})`,
};

function numbers(cursor: Cursor, sizes: readonly ('u8' | 'u16')[]): string {
  return sizes.map((size) => hexNumber(cursor[size]('field'))).join(',');
}

function macText(cursor: Cursor): string {
  const address = cursor.take(32, 'MAC address');
  const type = cursor.u8('interface type');
  const bytes = SHORT_ADDRESS_TYPES.includes(type) ? address.subarray(0, 6) : address;
  return `MAC(${hexBytes(bytes)},${hexNumber(type)})`;
}

function ipv4Text(cursor: Cursor): string {
  const local = ipv4Address(cursor);
  const remote = ipv4Address(cursor);
  cursor.take(4, 'ports');
  const protocol = protocolText(cursor);
  const origin = cursor.u8('address origin') === 0 ? 'DHCP' : 'Static';
  const fields = [remote, protocol, origin, local];
  // Older firmware leaves gateway and mask out.
  if (cursor.remaining > 0) fields.push(ipv4Address(cursor), ipv4Address(cursor));
  return `IPv4(${fields.join(',')})`;
}

function ipv6Text(cursor: Cursor): string {
  const local = ipv6Address(cursor);
  const remote = ipv6Address(cursor);
  cursor.take(4, 'ports');
  const protocol = protocolText(cursor);
  const origin = ADDRESS_ORIGINS[cursor.u8('address origin')] ?? 'StatefulAutoConfigure';
  const fields = [remote, protocol, origin, local];
  if (cursor.remaining > 0) {
    fields.push(hexNumber(cursor.u8('prefix length')), ipv6Address(cursor));
  }
  return `IPv6(${fields.join(',')})`;
}

function ipv4Address(cursor: Cursor): string {
  return cursor.take(4, 'IPv4 address').join('.');
}

function ipv6Address(cursor: Cursor): string {
  return Array.from({ length: 8 }, () => hexBytes(cursor.take(2, 'IPv6 address'))).join(':');
}

function protocolText(cursor: Cursor): string {
  const protocol = cursor.u16('protocol');
  return PROTOCOLS[protocol] ?? hexNumber(protocol);
}

function uartText(cursor: Cursor): string {
  cursor.take(4, 'reserved bytes');
  const rate = cursor.u64('baud rate');
  const dataBits = cursor.u8('data bits');
  const parity = PARITIES[cursor.u8('parity')] ?? 'x';
  const stopBits = STOP_BITS[cursor.u8('stop bits')] ?? 'x';
  return `Uart(${rate || 'DEFAULT'},${dataBits || 'DEFAULT'},${parity},${stopBits})`;
}

function usbWwidText(cursor: Cursor): string {
  const [face, vendor, product] = ['interface', 'vendor', 'product'].map((field) =>
    hexNumber(cursor.u16(field)),
  );
  const units = cursor.take(cursor.remaining, 'serial number');
  const serial = decodeUtf16z(units) ?? decodeUtf16(units);
  return `UsbWwid(${vendor},${product},${face},"${serial}")`;
}
