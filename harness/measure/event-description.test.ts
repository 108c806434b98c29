import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { describeEvent } from './event-description.ts';
import { EVENT_TYPES, type EventTypeName } from './event-types.ts';
import { ascii, u16, u32, u64, utf16, variableData } from './testing/log-bytes.ts';

const GLOBAL = guidBytes('8be4df61-93ca-11d2-aa0d-00e098032b8c');
const SMBIOS = guidBytes('eb9d2d31-2d88-11d3-9a16-0090273fc14d');
const DISK = '944ff126-49e4-41e6-9393-a36e1277e314';
const PATH = Buffer.of(0x7f, 0xff, 4, 0);

function text(type: EventTypeName | '0x8401', data: Uint8Array): string {
  const typeNumber = type === '0x8401' ? 0x8401 : EVENT_TYPES[type];
  return describeEvent(
    { index: 1, pcr: 0, type, typeNumber, digests: {}, data, offset: 0, dataOffset: 0 },
    (path) => `a path of ${path.length} bytes`,
  );
}

function loadOption(description: string): Buffer {
  const head = [u32(1), u16(PATH.length), utf16(`${description}\0`)];
  return Buffer.concat([...head, PATH, ascii('optional data')]);
}

function gpt(...names: readonly string[]): Buffer {
  const header = Buffer.alloc(92);
  header.set(ascii('EFI PART'));
  header.set(guidBytes(DISK), 56);
  header.set(u32(128), 84);
  const entries = names.map((name) => {
    const entry = Buffer.alloc(128);
    entry.set(SMBIOS);
    entry.set(utf16(name), 56);
    return entry;
  });
  return Buffer.concat([header, u64(entries.length), ...entries]);
}

describe('descriptions', () => {
  it.each<[EventTypeName | '0x8401', Uint8Array, string]>([
    ['EV_SEPARATOR', Buffer.alloc(4), 'separator'],
    ['EV_SEPARATOR', Buffer.alloc(4, 0xff), 'separator'],
    ['EV_SEPARATOR', ascii('no disk'), 'separator after an error: no disk'],
    ['EV_EFI_ACTION', ascii('Exit Boot Services Invocation'), 'Exit Boot Services Invocation'],
    ['EV_S_CRTM_VERSION', utf16('2026.08+ds-2\0'), '2026.08+ds-2'],
    ['EV_S_CRTM_VERSION', utf16('\0'), 'empty'],
    ['EV_S_CRTM_VERSION', guidBytes(DISK), DISK],
    [
      'EV_EFI_VARIABLE_DRIVER_CONFIG',
      variableData(GLOBAL, 'SecureBoot', Buffer.of(1)),
      'SecureBoot: 1',
    ],
    ['EV_EFI_VARIABLE_DRIVER_CONFIG', variableData(GLOBAL, 'PK', Buffer.of()), 'PK: empty'],
    [
      'EV_EFI_VARIABLE_DRIVER_CONFIG',
      variableData(GLOBAL, 'db', Buffer.alloc(76, 0xa1)),
      'db: 76 bytes',
    ],
    [
      'EV_EFI_VARIABLE_BOOT',
      variableData(GLOBAL, 'BootOrder', Buffer.of(2, 0, 0x0c, 0)),
      'BootOrder: 0002, 000C',
    ],
    [
      'EV_EFI_VARIABLE_BOOT2',
      variableData(GLOBAL, 'Boot0002', loadOption('UEFI Misc Device')),
      'Boot0002 "UEFI Misc Device": a path of 4 bytes',
    ],
    [
      'EV_EFI_VARIABLE_AUTHORITY',
      variableData(GLOBAL, 'SbatLevel', ascii('sbat,1,2025021800\nshim,4\n')),
      'SbatLevel: sbat,1,2025021800\\u{a}shim,4\\u{a}',
    ],
    [
      'EV_EFI_BOOT_SERVICES_APPLICATION',
      Buffer.concat([u64(0x1000), u64(4096), u64(0), u64(PATH.length), PATH]),
      'a path of 4 bytes, 4096 bytes',
    ],
    [
      'EV_EFI_BOOT_SERVICES_DRIVER',
      Buffer.concat([u64(0), u64(1), u64(0), u64(0)]),
      'image without path, 1 byte',
    ],
    [
      'EV_EFI_GPT_EVENT',
      gpt('esp', 'root', ''),
      `disk ${DISK}, 3 partitions: esp, root, (eb9d2d31-2d88-11d3-9a16-0090273fc14d)`,
    ],
    [
      'EV_EFI_PLATFORM_FIRMWARE_BLOB',
      Buffer.concat([u64(0x830000), u64(851968)]),
      '851968 bytes at 0x830000',
    ],
    [
      'EV_EFI_PLATFORM_FIRMWARE_BLOB2',
      Buffer.concat([Buffer.of(7), ascii('Fv(ABC)'), u64(0x830000), u64(1)]),
      'Fv(ABC): 1 byte at 0x830000',
    ],
    ['EV_POST_CODE', ascii('ACPI DATA'), 'ACPI DATA'],
    ['EV_POST_CODE', Buffer.concat([u64(0xffa90000), u64(16)]), '16 bytes at 0xffa90000'],
    ['EV_EFI_HANDOFF_TABLES', Buffer.concat([u64(1), SMBIOS, u64(0x3bd3b000)]), 'SMBIOS'],
    [
      'EV_EFI_HANDOFF_TABLES2',
      Buffer.concat([Buffer.of(8), ascii('TdxTable'), u64(1), guidBytes(DISK), u64(0)]),
      `TdxTable: ${DISK}`,
    ],
    [
      'EV_EVENT_TAG',
      Buffer.concat([u32(0x8f3b22ec), u32(13), ascii('Linux initrd\0')]),
      'Linux: initrd (Linux initrd)',
    ],
    [
      'EV_EVENT_TAG',
      Buffer.concat([u32(0x13aed6db), u32(4), utf16('1\0'), u32(7), u32(0)]),
      'systemd-stub: profile (1); tag 0x7 (0 bytes)',
    ],
    ['EV_IPL', utf16('.linux\0'), '.linux'],
    ['EV_IPL', ascii('grub_cmd: ls\0'), 'grub_cmd: ls'],
    ['EV_NO_ACTION', ascii('StartupLocality\0\x03'), 'startup locality 3'],
    [
      'EV_NO_ACTION',
      Buffer.concat([ascii('SP800-155 Event3'), u32(11129), guidBytes(DISK), ascii('...')]),
      `SP800-155 Event3: reference manifest ${DISK} of vendor 11129`,
    ],
    ['0x8401', Buffer.of(1, 2, 3), '3 bytes'],
    ['0x8401', Buffer.of(), 'no data'],
  ])('of %s', (type, data, expected) => {
    expect(text(type, data)).toBe(expected);
  });

  it('of events that are not what they should be say so', () => {
    expect(text('EV_EFI_GPT_EVENT', ascii('EFI PART'))).toBe(
      'malformed: expected 92 bytes of GPT header, found 8 bytes before the end',
    );
    expect(text('EV_EFI_VARIABLE_BOOT', Buffer.alloc(40, 0xff))).toMatch(/^malformed: /);
  });

  it('of foreign text are one printable line of bounded length', () => {
    const hostile = ascii(`\x1b[2Jgrub\r\n${'A'.repeat(60_000)}`);
    expect(text('EV_EFI_ACTION', hostile)).toBe('60010 bytes');
    expect(text('EV_EFI_ACTION', ascii('A'.repeat(60_000)))).toHaveLength(241);
    const override = variableData(GLOBAL, 'a\u202eb', Buffer.of(1));
    expect(text('EV_EFI_VARIABLE_DRIVER_CONFIG', override)).toBe('a\\u{202e}b: 1');
  });

  it('of any bytes are one printable line of bounded length', () => {
    const types = fc.constantFrom(...(Object.keys(EVENT_TYPES) as EventTypeName[]));
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 300 }), (type, data) => {
        expect(text(type, data)).toMatch(/^[^\p{Cc}\u2028\u2029\u202a-\u202e]{1,2000}$/u);
      }),
      { numRuns: 3000 },
    );
  });
});
