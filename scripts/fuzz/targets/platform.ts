import { Cursor } from '../../../harness/bytes/cursor.ts';
import { bytesSource } from '../../../harness/bytes/source.ts';
import { readKernelConfig } from '../../../harness/formats/kernel-config.ts';
import { readPe } from '../../../harness/formats/pe.ts';
import { readSbatLevel, readSbatSection } from '../../../harness/formats/sbat.ts';
import { readShim } from '../../../harness/formats/shim.ts';
import { readSmbiosAnchor } from '../../../harness/formats/smbios-anchor.ts';
import { readSmbiosStructures } from '../../../harness/formats/smbios-structures.ts';
import { makeShim } from '../../../harness/formats/testing/make-shim.ts';
import { readBootOption } from '../../../harness/predict/platform/boot-option.ts';
import { readQemuBootOrder } from '../../../harness/predict/platform/qemu-boot-order.ts';
import type { FuzzTarget } from '../target.ts';
import { ascii, hex, utf16 } from '../words.ts';

/** Readers of what a platform tells its firmware, and of shim. */
export const PLATFORM_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'smbios',
    covers: ['readSmbiosStructures'],
    made: () => [table()],
    read: (bytes) => readSmbiosStructures(new Cursor('table', bytes)),
  },
  {
    name: 'smbios-anchor',
    covers: ['readSmbiosAnchor'],
    made: () => [anchor3()],
    words: ascii('_SM_', '_SM3_', '_DMI_'),
    repair: repairAnchor,
    read: readSmbiosAnchor,
  },
  {
    name: 'sbat',
    covers: ['readSbatSection', 'readSbatLevel'],
    made: () =>
      ascii(
        'sbat,1,SBAT Version,sbat,1,https://example.org\nshim,4,a,b,c,d\n',
        'sbat,1,2024\nshim,4\n',
      ),
    words: ascii('sbat,', '\n', ',', '\0', '\r'),
    read: (bytes) => [readSbatSection(bytes), readSbatLevel(bytes)],
  },
  {
    name: 'shim',
    covers: ['readShim', 'findSectionByLongName'],
    made: () => [makeShim()],
    words: ascii('.sbat\0\0\0', '/4\0\0\0\0\0\0', 'UEFI SHIM\n$Version: 15.8 $', 'sbat,1,'),
    read: (bytes) => {
      const source = bytesSource('image', bytes);
      return readShim(source, readPe(source));
    },
  },
  {
    name: 'boot-option',
    covers: ['readBootOption'],
    made: () => [Buffer.concat([...hex('010000000400'), ...utf16('option'), ...hex('7fff0400')])],
    read: readBootOption,
  },
  {
    name: 'kernel-config',
    covers: ['readKernelConfig'],
    made: () => ascii('CONFIG_EFI=y\nCONFIG_NAME="text"\n# CONFIG_NOT is not set\n'),
    words: ascii('CONFIG_', '=', '"', '\n'),
    read: (bytes) => readKernelConfig(Buffer.from(bytes).toString('latin1')),
  },
  {
    name: 'qemu-boot-order',
    covers: ['readQemuBootOrder'],
    made: () => ascii('/pci@i0cf8/scsi@3/disk@0,0\n/pci@i0cf8/pci-bridge@1/scsi@0/disk@0,0\0'),
    words: ascii('/pci@i0cf8', '/scsi@3', '/disk@0,0', '\n', '\0', 'HALT'),
    read: readQemuBootOrder,
  },
];

/** Two structures and the end of the table (DMTF DSP0134, 6.1). */
function table(): Uint8Array {
  const bios = hex('0006000001ff');
  const system = hex('010800010102ff00');
  return Buffer.concat([
    ...bios,
    ...ascii('EDK II\0\0'),
    ...system,
    ...ascii('QEMU\0PC\0\0'),
    ...hex('7f0402000000'),
  ]);
}

/** An entry point of SMBIOS 3 (DMTF DSP0134, 5.2.2). */
function anchor3(): Uint8Array {
  const anchor = Buffer.alloc(24);
  anchor.write('_SM3_');
  anchor.set([24, 3, 0, 0, 1], 6);
  anchor.writeUInt32LE(0x1000, 12);
  anchor.writeBigUInt64LE(0x7f000000n, 16);
  repairAnchor(anchor);
  return anchor;
}

/** Makes the sum of an entry point 0. */
function repairAnchor(bytes: Uint8Array): void {
  if (bytes.length < 6) return;
  bytes[5] = 0;
  bytes[5] = -bytes.reduce((sum, byte) => sum + byte, 0) & 0xff;
}
