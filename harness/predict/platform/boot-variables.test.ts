import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import type { VariableStore } from '../../formats/efi-variable-store.ts';
import { makeVolume } from '../../formats/testing/make-firmware.ts';
import { type MadeOvmf, madeOvmf } from '../../formats/testing/make-ovmf.ts';
import { mutations } from '../../formats/testing/mutations.ts';
import type { Platform } from '../platform.ts';
import { globalVariable, storeWithOptions } from '../testing/made-options.ts';
import { firmwareFilePath, pciPath } from './boot-device-path.ts';
import { type BootOption, bootOptionData } from './boot-option.ts';
import { bootVariableEvents } from './boot-variables.ts';

const BANKS = { banks: ['sha256'] } as const;
const EMPTY: VariableStore = { authenticated: true, variables: [] };
const ONE_DISK = '/pci@i0cf8/scsi@1/disk@0,0\0';

/** What real boots measured, by what it is: Debian's OVMF 2025.02 and 2026.08, virtio disk in slot 1. */
const MEASURED = {
  order0: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
  order01: '6b1e73a0094b7b812d3b9e22cffb4f8239319847522c4fa103753b6950020f93',
  order10: '67abdd721024f0ff4e0b3f4c2fc13bc5bad42d0b7851d456d88d203d15aaa450',
  order102: '263d99957c7b574c63a265b32da7fff8b8ad831828946bfbff650d7074dd9198',
  order201: '771042ab19903664f075c65613976a8e20dfa482966ab505d6695e84ade772f5',
  order2013: '35c22b9d542e87df448d5861ac6b198221b8c6b93cdf7a56e431f7fe95adeb76',
  disk: 'e6f87048b3bcb1bef394cc3db6914f212e4697d9b26c43f3c36aec330447cbc0',
  uiApp: '3197be1e300fa1600d1884c3a4bd4a90a15405bfb546cf2e6cf6095f8c362a93',
  menu: '7cecd39025081ffa990dbe7078111b2c15102f9da7ac85f25ce54935b9ae0a96',
  setup: 'e52e99d0e07a49d2553de3de65e8da30fa0bddf34002a1fa17e8c79356c2e190',
  shell: '4d387b02d63b2f4cd7f667feb0a387fe47a10a3e26bf3533ddd001c605f3dec5',
  shellApp: '958f4f31d4d763a98ad522e44f8174a446d439d9475ecbf24049b3b40d33ad87',
} as const;

const NAMES = new Map<string, string>(Object.entries(MEASURED).map(([name, hex]) => [hex, name]));

/** fw_cfg with a boot order. */
function qemu(bootOrder: string): Platform {
  return { fwCfg: new Map([['bootorder', Buffer.from(bootOrder)]]) };
}

function forecast(
  made: MadeOvmf,
  boot: 'disk' | 'kernel',
  { store = EMPTY, platform = qemu(ONE_DISK) } = {},
) {
  return bootVariableEvents(BANKS, { build: madeOvmf(made), store }, boot, platform);
}

/** Which of the real events are forecast. */
function measuredIn(contribution: ReturnType<typeof forecast>): readonly (string | undefined)[] {
  expect(contribution.unpredictable).toEqual([]);
  return contribution.events.map(({ digests }) => NAMES.get(digests.sha256 ?? ''));
}

function descriptionsIn(contribution: ReturnType<typeof forecast>): readonly string[] {
  expect(contribution.unpredictable).toEqual([]);
  return contribution.events.map(({ description }) => description);
}

function option(
  description: string,
  path: Uint8Array,
  changed: Partial<BootOption> = {},
): BootOption {
  return { attributes: 1, description, path, optionalData: new Uint8Array(0), ...changed };
}

const SLOT_1 = pciPath([{ device: 1, function: 0 }]);
const SLOT_5 = pciPath([{ device: 5, function: 0 }]);
const OWN = { optionalData: guidBytes('8108ac4e-9f11-4d59-850e-e21a522c59b2') };

describe('boot variables of an empty store', () => {
  it.each([
    ['2025.02', { release: '202502' }, ['order102', 'disk', 'uiApp', 'shell']],
    [
      '2025.02 without a shell',
      { release: '202502', hasShell: false },
      ['order10', 'disk', 'uiApp'],
    ],
    ['2026.08', {}, ['order2013', 'disk', 'menu', 'setup', 'shellApp']],
    ['2026.08 without a shell', { hasShell: false }, ['order201', 'disk', 'menu', 'setup']],
  ] satisfies [string, MadeOvmf, string[]][])(
    'are those of a disk boot of %s',
    (_, made, expected) => {
      expect(measuredIn(forecast(made, 'disk'))).toEqual(expected);
    },
  );

  it.each([
    ['2025.02', { release: '202502' }, ['order0', 'uiApp']],
    ['2026.08', {}, ['order01', 'menu', 'setup']],
    ['2026.08, AmdSev', { isAmdSev: true }, ['order01', 'menu', 'setup']],
  ] satisfies [string, MadeOvmf, string[]][])(
    'are those of a kernel boot of %s',
    (_, made, expected) => {
      expect(measuredIn(forecast(made, 'kernel', { platform: {} }))).toEqual(expected);
    },
  );

  it('rest on QEMU’s list and the firmware alone', () => {
    const { events } = forecast({}, 'disk');
    expect(new Set(events.map(({ basis, pcr, type }) => `${basis} ${pcr} ${type}`))).toEqual(
      new Set(['computed 1 EV_EFI_VARIABLE_BOOT']),
    );
  });

  it('of the AmdSev build lead to its GRUB and no disk', () => {
    expect(descriptionsIn(forecast({ isAmdSev: true }, 'disk', { platform: {} })).slice(1)).toEqual(
      ['Boot0000: BootManagerMenuApp', 'Boot0001: EFI Firmware Setup', 'Boot0002: Grub Bootloader'],
    );
  });
});

describe('boot variables of a store that has options', () => {
  it('stay as the boot before left them', () => {
    const menu = option(
      'UiApp',
      firmwareFilePath(
        '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1',
        '462caa21-7614-4503-836e-8ab6f4662331',
      ),
      { attributes: 0x109 },
    );
    const store = storeWithOptions({ 0: menu, 1: option('UEFI Misc Device', SLOT_1, OWN) }, [1, 0]);
    const made = { release: '202502', hasShell: false } as const;
    expect(measuredIn(forecast(made, 'disk', { store }))).toEqual(['order10', 'disk', 'uiApp']);
  });

  it('lose the disk that the firmware found before and finds no more', () => {
    const store = storeWithOptions({ 7: option('UEFI Misc Device', SLOT_5, OWN) });
    expect(descriptionsIn(forecast({ hasShell: false }, 'disk', { store }))).toEqual([
      'BootOrder: Boot0002, Boot0000, Boot0001',
      'Boot0002: UEFI Misc Device',
      'Boot0000: BootManagerMenuApp',
      'Boot0001: EFI Firmware Setup',
    ]);
  });

  it('put options of QEMU’s disk first, drop other PCI devices, keep the rest', () => {
    const store = storeWithOptions({
      3: option('other disk', SLOT_5),
      4: option('inactive', SLOT_1, { attributes: 0 }),
      5: option('of the disk', SLOT_1),
      6: option('vendor', Uint8Array.of(1, 4, 20, 0, ...new Uint8Array(16), 0x7f, 0xff, 4, 0)),
    });
    expect(descriptionsIn(forecast({ hasShell: false }, 'disk', { store }))).toEqual([
      'BootOrder: Boot0005, Boot0002, Boot0006, Boot0000, Boot0001',
      'Boot0005: of the disk',
      'Boot0002: UEFI Misc Device',
      'Boot0006: vendor',
      'Boot0000: BootManagerMenuApp',
      'Boot0001: EFI Firmware Setup',
    ]);
  });

  it('lose options of programs that the firmware does not have', () => {
    const gone = firmwareFilePath(
      '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1',
      '00000000-0000-0000-0000-000000000001',
    );
    const elsewhere = firmwareFilePath(
      '00000000-0000-0000-0000-000000000002',
      '462caa21-7614-4503-836e-8ab6f4662331',
    );
    const store = storeWithOptions({ 0: option('gone', gone), 1: option('elsewhere', elsewhere) });
    const names = descriptionsIn(forecast({}, 'disk', { store })).join();
    expect(names).not.toMatch(/gone|elsewhere/);
  });

  it('give a program’s option the attributes that this release gives it', () => {
    const shell = firmwareFilePath(
      '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1',
      '7c04a583-9e3e-4f1c-ad65-e05268d0b4d1',
    );
    const store = storeWithOptions({ 0: option('EFI Internal Shell', shell) });
    expect(measuredIn(forecast({}, 'disk', { store }))).toContain('shellApp');
    expect(measuredIn(forecast({}, 'disk', { store }))).not.toContain('shell');
  });

  it('are not known where the firmware has to search for an option’s device', () => {
    const file = Uint8Array.of(4, 4, 8, 0, 0x5c, 0, 0, 0, 0x7f, 0xff, 4, 0);
    const store = storeWithOptions({ 0: option('installed', file) });
    const { events, unpredictable } = forecast({}, 'disk', { store });
    expect(events).toEqual([]);
    expect(unpredictable).toEqual([{ pcr: 1, reason: expect.stringContaining('search') }]);
    expect(forecast({}, 'kernel', { store }).unpredictable).toEqual([]);
  });
});

describe('boot variables of a store with many odd options', () => {
  const volume = '7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1';
  const vendor = Uint8Array.of(1, 4, 20, 0, ...Array(16).keys(), 0x7f, 0xff, 4, 0);
  const none = '00000000-0000-0000-0000-000000000000';
  const setup = firmwareFilePath(volume, '462caa21-7614-4503-836e-8ab6f4662331');
  const shell = firmwareFilePath(volume, '7c04a583-9e3e-4f1c-ad65-e05268d0b4d1');
  const { variables } = storeWithOptions(
    {
      3: option('other disk', SLOT_5),
      4: option('inactive', SLOT_1, { attributes: 0 }),
      5: option('of the disk', SLOT_1, { optionalData: Buffer.from('data') }),
      6: option('vendor', vendor),
      7: option('UEFI Misc Device', pciPath([{ device: 9, function: 0 }]), OWN),
      8: option('stale', firmwareFilePath(volume, none)),
      9: option('my setup', setup, { attributes: 0x109 }),
      10: option('EFI Internal Shell', shell),
      11: Uint8Array.of(1, 2, 3),
      28: option('twice', vendor, { optionalData: Buffer.from('x') }),
    },
    [6, 3, 5, 4, 0x33, 7, 8, 28, 9, 10, 11, 28],
  );
  const next = globalVariable('BootNext', new Uint8Array(2));
  const store = { authenticated: true, variables: [...variables, next] };

  // What BootOrder was with such a store, in boots of Debian's OVMF.
  it.each([
    [
      'a disk, 2025.02',
      { release: '202502' },
      'disk',
      'd659127248d03825c4e625d75325ac9cd9660ae473fe4f8a6d0ebf90091f695b',
    ],
    [
      'a disk, 2026.08',
      {},
      'disk',
      '014a253c01142848ea4842655f8615c3c761f268adf2565b3cd62545c1890e2d',
    ],
    [
      'a kernel, 2026.08',
      { hasShell: false },
      'kernel',
      '78d95e729467778a3c0a70d4460bb6adaa6cf912a92c4f6623cd0285e71888fa',
    ],
  ] satisfies [string, MadeOvmf, 'disk' | 'kernel', string][])(
    'are those of a real boot of %s',
    (_, made, boot, order) => {
      expect(forecast(made, boot, { store }).events[0]?.digests.sha256).toBe(order);
    },
  );
});

describe('boot variables of a store that somebody else wrote', () => {
  const disk = bootOptionData(option('UEFI Misc Device', SLOT_1, OWN));

  it('are forecast, or not known', () => {
    const orders = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 6 });
    fc.assert(
      fc.property(orders, fc.array(mutations(disk), { maxLength: 4 }), (order, values) => {
        const store = storeWithOptions(Object.fromEntries(values.entries()), order);
        const { events, unpredictable } = forecast({}, 'disk', { store });
        expect(events.length > 0).toBe(unpredictable.length === 0);
      }),
    );
  });
});

describe('boot variables are not known', () => {
  it.each([
    ['without QEMU’s list', {}],
    ['with an empty list', qemu('')],
    ['with a device whose options are not known', qemu('/pci@i0cf8/ethernet@2/ethernet-phy@0\0')],
    [
      'where a user leaves out an option',
      { fwCfg: new Map([['opt/org.tianocore/EFIShellSupport', Buffer.from('no')]]) },
    ],
  ])('%s', (_, platform) => {
    const { events, unpredictable } = forecast({}, 'disk', { platform });
    expect(events).toEqual([]);
    expect(unpredictable.map(({ pcr }) => pcr)).toEqual([1]);
  });

  it('with a firmware of another kind', () => {
    const dxeVolume = bytesSource('DXE volume', makeVolume({ files: [] }));
    const build = { ...madeOvmf(), dxeVolume };
    const { unpredictable } = bootVariableEvents(BANKS, { build, store: EMPTY }, 'kernel', {});
    expect(unpredictable.map(({ pcr }) => pcr)).toEqual([1]);
  });
});
