import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { digestsOf } from './bank.ts';
import { digestMatchesData } from './digest-match.ts';
import type { EventTypeName } from './event-types.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { LogEvent } from './log-event.ts';
import { ascii, u32, utf16, variableData } from './testing/log-bytes.ts';

const GLOBAL = guidBytes('8be4df61-93ca-11d2-aa0d-00e098032b8c');

/** An event whose digests are those of other bytes than its own, where they are given. */
function event(type: EventTypeName, data: Uint8Array, measured: Uint8Array = data): LogEvent {
  const digests = digestsOf(['sha1', 'sha256'], measured) as Record<string, string>;
  return {
    index: 1,
    pcr: 0,
    type,
    typeNumber: EVENT_TYPES[type],
    digests,
    data,
    offset: 0,
    dataOffset: 0,
  };
}

const bootOrder = variableData(GLOBAL, 'BootOrder', Buffer.of(1, 0));

describe('digests that belong to the event field', () => {
  it('of published events are recognised', () => {
    // SHA-256 of "Calling EFI Application from Boot Option", seen in PCR 4 of every OVMF boot.
    const calling = {
      ...event('EV_EFI_ACTION', ascii('Calling EFI Application from Boot Option')),
      digests: { sha256: '3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba' },
    };
    expect(digestMatchesData(calling)).toBe(true);
  });

  it.each([
    ['a separator', event('EV_SEPARATOR', Buffer.alloc(4))],
    [
      'a separator after an error, whose data explain it',
      event('EV_SEPARATOR', ascii('no disk'), Buffer.of(1, 0, 0, 0)),
    ],
    [
      'a variable of the configuration, as a whole',
      event('EV_EFI_VARIABLE_DRIVER_CONFIG', bootOrder),
    ],
    [
      'a boot variable, its data alone (edk2)',
      event('EV_EFI_VARIABLE_BOOT', bootOrder, Buffer.of(1, 0)),
    ],
    ['a boot variable as a whole (other firmware)', event('EV_EFI_VARIABLE_BOOT', bootOrder)],
    [
      'an authority with the byte too many of old shim',
      event('EV_EFI_VARIABLE_AUTHORITY', Buffer.concat([bootOrder, Buffer.of(7)]), bootOrder),
    ],
    [
      'a command of GRUB without prefix and NUL',
      event('EV_IPL', ascii('grub_cmd: set a=b\0'), ascii('set a=b')),
    ],
    [
      'a command of old GRUB with its NUL',
      event('EV_IPL', ascii('grub_cmd set a=b\0'), ascii('set a=b\0')),
    ],
    [
      'a section name of systemd-stub, in ASCII',
      event('EV_IPL', utf16('.linux\0'), ascii('.linux\0')),
    ],
    ['a command line of systemd-stub', event('EV_IPL', utf16('quiet\0'))],
    [
      'a command line of old systemd-boot, cut in its NUL',
      event('EV_IPL', utf16('quiet\0').subarray(0, -1), utf16('quiet\0')),
    ],
    ['a platform configuration that is all there', event('EV_PLATFORM_CONFIG_FLAGS', ascii('x'))],
  ])('are those of %s', (_what, of) => {
    expect(digestMatchesData(of)).toBe(true);
  });

  it.each<EventTypeName>([
    'EV_SEPARATOR',
    'EV_S_CRTM_VERSION',
    'EV_EFI_ACTION',
    'EV_EFI_GPT_EVENT',
    'EV_EFI_VARIABLE_DRIVER_CONFIG',
    'EV_EFI_VARIABLE_BOOT',
    'EV_EFI_VARIABLE_BOOT2',
    'EV_EFI_VARIABLE_AUTHORITY',
  ])('must be for %s', (type) => {
    expect(digestMatchesData(event(type, bootOrder, ascii('other')))).toBe(false);
  });

  it('must be for a command of GRUB', () => {
    expect(digestMatchesData(event('EV_IPL', ascii('grub_cmd: ls\0'), ascii('rm')))).toBe(false);
  });

  it('must be so in every bank', () => {
    const half = event('EV_POST_CODE', ascii('ACPI DATA'));
    const other = digestsOf(['sha256'], ascii('other'));
    expect(digestMatchesData({ ...half, digests: { ...half.digests, ...other } })).toBe(false);
  });
});

describe('digests of something else than the event field', () => {
  it.each([
    ['an image', event('EV_EFI_BOOT_SERVICES_APPLICATION', Buffer.alloc(32), ascii('MZ'))],
    ['ACPI data', event('EV_PLATFORM_CONFIG_FLAGS', ascii('ACPI DATA'), ascii('RSD PTR '))],
    ['a file that GRUB read', event('EV_IPL', ascii('/vmlinuz\0'), ascii('MZ'))],
    ['the content of a section', event('EV_IPL', utf16('.linux\0'), ascii('MZ'))],
    [
      'an initrd',
      event('EV_EVENT_TAG', Buffer.concat([u32(0x8f3b22ec), u32(1), ascii('x')]), ascii('070701')),
    ],
    ['nothing', event('EV_NO_ACTION', ascii('StartupLocality\0\x03'))],
  ])('tell nothing of %s', (_what, of) => {
    expect(digestMatchesData(of)).toBeNull();
  });

  it('tell nothing where no bank is known', () => {
    const sm3 = { ...event('EV_SEPARATOR', Buffer.alloc(4)), digests: { sm3_256: '00' } };
    expect(digestMatchesData(sm3)).toBeNull();
  });
});
