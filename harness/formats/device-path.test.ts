import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cursor } from '../bytes/cursor.ts';
import { fromHex } from '../bytes/hex.ts';
import { devicePathText, readDevicePath } from './device-path.ts';
import { filePathOf, gptPartitionOf } from './device-path-media.ts';
import { resultOrFormatError } from './testing/mutations.ts';

const END = '7fff0400';

function read(hex: string) {
  return readDevicePath(new Cursor('path', fromHex(hex.replaceAll(' ', '')) ?? new Uint8Array(0)));
}

/** The text of one node. */
function nodeText(hex: string): string {
  return devicePathText(read(`${hex}${END}`));
}

// The path of the boot loader in the log of a boot with OVMF 2026.08.
const BOOT_LOADER = `02010c00d041030a00000000 010106000001
  04012a0001000000 0008000000000000 0020080000000000 da28c25638a5af47a150aebe4d801147 0202
  040430005c004500460049005c0042004f004f0054005c0042004f004f0054005800360034002e004500460049000000
  ${END}`.replace(/\s/g, '');

describe('device paths', () => {
  it('are written as UEFI writes them', () => {
    expect(devicePathText(read(BOOT_LOADER))).toBe(
      'PciRoot(0x0)/Pci(0x1,0x0)/HD(1,GPT,56C228DA-A538-47AF-A150-AEBE4D801147,0x800,0x82000)/\\EFI\\BOOT\\BOOTX64.EFI',
    );
  });

  it('name a partition and a file', () => {
    const [nodes = []] = read(BOOT_LOADER);
    expect(gptPartitionOf(nodes)).toBe('56c228da-a538-47af-a150-aebe4d801147');
    expect(filePathOf(nodes)).toBe('\\EFI\\BOOT\\BOOTX64.EFI');
    expect(gptPartitionOf([])).toBeUndefined();
    expect(filePathOf([])).toBeUndefined();
  });

  it('may name a file in parts', () => {
    const [nodes = []] = read(`04040a005c00410000000404080042000000${END}`);
    expect(filePathOf(nodes)).toBe('\\A\\B');
  });

  it('may be empty', () => {
    expect(devicePathText(read(END))).toBe('');
  });

  it('may have instances', () => {
    expect(devicePathText(read(`010106000001 7f010400 010106000002 ${END}`))).toBe(
      'Pci(0x1,0x0),Pci(0x2,0x0)',
    );
  });

  it('end at their end', () => {
    const cursor = new Cursor('path', fromHex(`${END}0102`) ?? new Uint8Array(0));
    readDevicePath(cursor);
    expect(cursor.remaining).toBe(2);
  });

  // Layouts: UEFI 2.11, 10.3; texts: 10.6.
  it.each([
    ['010106000201', 'Pci(0x1,0x2)'],
    ['01031800 0b000000 0000000000000000 ff0f000000000000', 'MemoryMapped(0xB,0x0,0xFFF)'],
    [
      '01041600 72f728144ab61e44b8c39ebdd7f893c7 abcd',
      'VenHw(1428F772-B64A-441E-B8C3-9EBDD7F893C7,ABCD)',
    ],
    ['01050800 10000000', 'Ctrl(0x10)'],
    ['02010c00 d041080a 01000000', 'PcieRoot(0x1)'],
    ['02010c00 d0410303 00000000', 'Acpi(PNP0303,0x0)'],
    ['02010c00 15000000 02000000', 'Acpi(0x00000015,0x2)'],
    ['02030c00 00010180 00020180', 'AcpiAdr(0x80010100,0x80010200)'],
    ['03010800 01000300', 'Ata(Secondary,Master,0x3)'],
    ['03020800 01000200', 'Scsi(0x1,0x2)'],
    ['03050600 0301', 'USB(0x3,0x1)'],
    [`030b2500 525400123456${'00'.repeat(26)} 01`, 'MAC(525400123456,0x1)'],
    [
      '030c1b00 0a00020f 0a000202 0000 0000 0600 01 0a000201 ffffff00',
      'IPv4(10.0.2.2,TCP,Static,10.0.2.15,10.0.2.1,255.255.255.0)',
    ],
    ['030c1300 00000000 00000000 0000 0000 1100 00', 'IPv4(0.0.0.0,UDP,DHCP,0.0.0.0)'],
    [
      `030d3c00 ${'00'.repeat(16)} fe80${'00'.repeat(13)}01 0000 0000 1100 01 40 ${'00'.repeat(16)}`,
      'IPv6(FE80:0000:0000:0000:0000:0000:0000:0001,UDP,StatelessAutoConfigure,0000:0000:0000:0000:0000:0000:0000:0000,0x40,0000:0000:0000:0000:0000:0000:0000:0000)',
    ],
    ['030e1300 00000000 00c2010000000000 08 01 01', 'Uart(115200,8,N,1)'],
    ['030e1300 00000000 0000000000000000 00 00 09', 'Uart(DEFAULT,DEFAULT,D,x)'],
    ['030f0b00 ffff ffff 03 01 01', 'UsbClass(0xFFFF,0xFFFF,0x3,0x1,0x1)'],
    ['03101000 0000 3412 7856 410042000000', 'UsbWwid(0x1234,0x5678,0x0,"AB")'],
    ['03110500 02', 'Unit(0x2)'],
    ['03120a00 0000 ffff 0000', 'Sata(0x0,0xFFFF,0x0)'],
    ['03140600 0a00', 'Vlan(10)'],
    ['03171000 01000000 0102030405060708', 'NVMe(0x1,08-07-06-05-04-03-02-01)'],
    ['03180c00 687474703a2f2f61', 'Uri(http://a)'],
    [
      '04012a00 02000000 3f00000000000000 0100000000000000 78563412 000000000000000000000000 01 01',
      'HD(2,MBR,0x12345678,0x3F,0x1)',
    ],
    ['04021800 01000000 1300000000000000 0400000000000000', 'CDROM(0x1,0x13,0x4)'],
    ['04061400 2143a26214760345836e8ab6f4662331', 'FvFile(62A24321-7614-4503-836E-8AB6F4662331)'],
    ['04071400 c9bdb87cebf8344faaea3ee4af6516a1', 'Fv(7CB8BDC9-F8EB-4F34-AAEA-3EE4AF6516A1)'],
    ['04081800 00000000 0010000000000000 ff1f000000000000', 'Offset(0x1000,0x1FFF)'],
    ['06010600 abcd', 'Path(6,1,ABCD)'],
    ['05010400', 'Path(5,1)'],
  ])('node %s', (hex, text) => {
    expect(nodeText(hex)).toBe(text);
  });

  it('show a node that is too short as it is', () => {
    expect(nodeText('04010600 0102')).toBe('Path(4,1,0102)');
  });

  it.each([
    ['without an end', '010106000001', 6],
    ['with a node below its header', '01010300', 2],
    ['with a node beyond the end', '010107000001', 4],
    ['with an unknown end', '010106000001 7f020400', 6],
  ])('%s are refused', (_, hex, offset) => {
    expect(() => read(hex)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('give a FormatError or a text, whatever the bytes', () => {
    const node = fc
      .tuple(fc.nat(6), fc.nat(32), fc.uint8Array({ maxLength: 70 }))
      .map(([type, subType, data]) => [type, subType, data.length + 4, 0, ...data]);
    const path = fc
      .array(node, { maxLength: 5 })
      .map((nodes) => [...nodes.flat(), 0x7f, 0xff, 4, 0]);
    const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => [...bytes]);
    fc.assert(
      fc.property(fc.oneof(path, noise), (bytes) => {
        resultOrFormatError(() =>
          devicePathText(readDevicePath(new Cursor('path', Uint8Array.from(bytes)))),
        );
      }),
      { numRuns: 500 },
    );
  });
});
