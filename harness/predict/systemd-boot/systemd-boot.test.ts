import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import type { EfiVariable } from '../../formats/efi-variable.ts';
import type { MadeFiles } from '../../formats/testing/make-fat.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { findBootImage } from '../boot-image.ts';
import { BOOTED, predictBoot } from '../predict.ts';
import { madeFirmware, makeBootDisk, makeUki, WELL_KNOWN } from '../testing/made-boot.ts';

function makeLoader(version: number): Uint8Array {
  const data = `#### LoaderInfo: systemd-boot ${version} ####`;
  return makePe({ sections: [{ name: '.sdmagic', data }] });
}

function predictWith(
  files: MadeFiles,
  { version = 257, variables = [] as readonly EfiVariable[] } = {},
) {
  const disk = makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': makeLoader(version), ...files });
  const boot = { kind: 'disk', path: 'D', format: 'raw' } as const;
  const image = findBootImage(boot, (path) => bytesSource(path, disk));
  return predictBoot(madeFirmware(variables), image, { banks: ['sha256'], phases: BOOTED });
}

type Prediction = ReturnType<typeof predictWith>;

const UKI = { 'EFI/Linux/a.efi': makeUki(257) };

function reasonFor(pcr: number, { unpredictable }: Prediction) {
  return unpredictable.find((entry) => entry.pcr === pcr)?.reason;
}

describe('systemd-boot', () => {
  it('measures its configuration, and starts the one UKI that there is', () => {
    const config = 'timeout 3\n# default b.efi\ndefault A.efi\n';
    const { events, banks } = predictWith({ ...UKI, 'loader/loader.conf': config });
    const images = events.filter(({ pcr, type }) => pcr === 4 && type.endsWith('APPLICATION'));
    expect(images.map(({ description }) => description)).toEqual([
      '\\EFI\\BOOT\\BOOTX64.EFI',
      '\\EFI\\Linux\\a.efi',
      'the kernel inside of the UKI',
    ]);
    const pcr5 = events.filter(({ pcr }) => pcr === 5).map(({ digests }) => digests.sha256);
    expect(pcr5).toEqual([
      WELL_KNOWN.separator,
      expect.any(String),
      createHash('sha256').update(config).digest('hex'),
      WELL_KNOWN.exitInvocation,
      WELL_KNOWN.exitSuccess,
    ]);
    expect(banks.sha256).toHaveProperty('11');
  });

  it('needs no configuration', () => {
    const { events } = predictWith(UKI);
    expect(events.some(({ agent }) => agent === 'systemd-boot')).toBe(false);
    expect(events.some(({ agent }) => agent === 'systemd-stub')).toBe(true);
  });

  it('has the stub look beside the UKI', () => {
    const { events } = predictWith({ ...UKI, 'EFI/Linux/a.efi.extra.d/a.cred': 'secret' });
    expect(events.filter(({ pcr }) => pcr === 12)).toHaveLength(1);
  });

  it('enrolls nothing from the folder that bootctl leaves empty', () => {
    const prediction = predictWith({ ...UKI, 'loader/keys/none.txt': '' });
    expect(prediction.banks.sha256).toHaveProperty('11');
  });

  // systemd src/boot/boot.c: boot_entry_add_type2, config_select_default_entry, image_start.
  describe('with profiles', () => {
    const profiles = {
      sections: [
        { name: '.profile', data: 'ID=main' },
        { name: '.profile', data: 'ID=Debug\nTITLE=For debugging' },
        { name: '.cmdline', data: 'debug' },
        { name: '.profile', data: 'TITLE=Third' },
      ],
    };
    const uki = { 'EFI/Linux/a.efi': makeUki(257, profiles) };
    const utf16 = (text: string) => Buffer.from(`${text}\0`, 'utf16le');
    const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
    const pcr12 = ({ events }: Prediction) =>
      events.filter(({ pcr }) => pcr === 12).map(({ agent, digests }) => [agent, digests.sha256]);
    const chosen = (profile: number) => [
      ['systemd-boot', sha256(utf16(`@${profile}`))],
      ['systemd-stub', sha256(utf16(`${profile}`))],
    ];

    it.each([
      ['', 257, []],
      ['default a.efi', 257, []],
      ['default none.efi', 257, []],
      ['default A.efi@debug', 257, chosen(1)],
      ['default *@2', 257, chosen(2)],
      ['default a.efi\ndefault "?.efi@debug"', 259, chosen(1)],
      ['default a.efi\npreferred a.efi@2', 260, chosen(2)],
      ['default a.efi\npreferred a.efi@2', 259, []],
      ['default a.efi@debug', 256, []],
    ])('%j starts one of them (v%s)', (config, version, expected) => {
      const prediction = predictWith({ ...uki, 'loader/loader.conf': config }, { version });
      expect(pcr12(prediction)).toEqual(expected);
      expect(prediction.banks.sha256).toHaveProperty('11');
    });

    it('starts the UKI that is named', () => {
      const files = { ...uki, 'EFI/Linux/b.efi': makeUki(257) };
      const named = predictWith({ ...files, 'loader/loader.conf': 'default a.efi@2' });
      expect(pcr12(named)).toEqual(chosen(2));
    });

    it('cannot tell which comes first where they have an os-release of their own', () => {
      const release = { name: '.osrel', data: 'ID=other\nVERSION_ID=9\n' };
      const sections = [...profiles.sections, release];
      const files = { 'EFI/Linux/a.efi': makeUki(257, { sections }) };
      expect(reasonFor(11, predictWith(files))).toContain('which profile of a.efi');
    });
  });

  it.each<[string, MadeFiles]>([
    ['which of 0 UKIs systemd-boot starts', {}],
    ['which of 2 UKIs systemd-boot starts', { ...UKI, 'EFI/Linux/b.efi': makeUki(257) }],
    [
      'it depends on what is in \\loader\\entries',
      { ...UKI, 'loader/entries/a.conf': 'linux /vmlinuz' },
    ],
    [
      'it depends on drivers in \\EFI\\systemd\\drivers',
      { ...UKI, 'EFI/systemd/drivers/ext4x64.efi': '' },
    ],
    ['keys in \\loader\\keys may be enrolled', { ...UKI, 'loader/keys/auto/db.auth': '' }],
    ['a+3.efi is renamed with every try', { 'EFI/Linux/a+3.efi': makeUki(257) }],
    ['a.efi is not offered, as it has no .osrel', { 'EFI/Linux/a.efi': makePe() }],
    ['\\loader\\loader.conf has a say', { ...UKI, 'loader/loader.conf': 'default  auto-*' }],
    ['\\loader\\loader.conf has a say', { ...UKI, 'loader/loader.conf': 'timeout menu-force' }],
  ])('is not forecast further: %s', (reason, files) => {
    const prediction = predictWith(files);
    expect(reasonFor(11, prediction)).toContain(reason);
    expect(prediction.banks.sha256).not.toHaveProperty('4');
    expect(prediction.banks.sha256?.[2]).toBe(WELL_KNOWN.separatorOnly);
  });

  it('is not forecast further where its variables may tell it what to do, or it is old', () => {
    const guid = '4a67b082-0a4c-41cf-b6c7-440b29bb8c4f';
    const data = Buffer.from('b.efi\0', 'utf16le');
    const variable = {
      name: 'LoaderEntryDefault',
      guid,
      data,
      attributes: 7,
      timestamp: undefined,
    };
    const told = predictWith(UKI, { variables: [variable] });
    expect(reasonFor(4, told)).toContain('its variables have a say');
    expect(reasonFor(4, predictWith(UKI, { version: 254 }))).toContain('handed on in v254');
  });
});
