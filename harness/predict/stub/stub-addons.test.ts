import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import type { MadeFiles } from '../../formats/testing/make-fat.ts';
import { type MadeSection, makePe } from '../../formats/testing/make-pe.ts';
import { findBootImage } from '../boot-image.ts';
import { BOOTED, predictBoot } from '../predict.ts';
import { madeFirmware, makeBootDisk } from '../testing/made-boot.ts';

const UKI = 'EFI/BOOT/BOOTX64.EFI';
const OWN = `${UKI}.extra.d`;
const KERNEL_TEXTS = 'Linux initrd\0LOADED_IMAGE::LoadOptions\0';

function addon(...sections: readonly MadeSection[]): Uint8Array {
  return makePe({ sections });
}

function predictWith(files: MadeFiles, version = 257) {
  const kernel = makePe({ sections: [{ name: '.text', data: KERNEL_TEXTS }] });
  // Before v257 the last section of a name counts, from then on the first.
  const uki = makePe({
    sections: [
      { name: '.sdmagic', data: `#### LoaderInfo: systemd-stub ${version} ####` },
      { name: '.linux', data: kernel },
      { name: '.cmdline', data: 'quiet' },
      { name: '.initrd', data: 'base' },
      { name: '.uname', data: '6.1' },
    ],
  });
  const disk = makeBootDisk({ [UKI]: uki, ...files });
  const boot = { kind: 'disk', path: 'D', format: 'raw' } as const;
  const image = findBootImage(boot, (path) => bytesSource(path, disk));
  return predictBoot(madeFirmware(), image, { banks: ['sha256'], phases: BOOTED });
}

type Prediction = ReturnType<typeof predictWith>;

const sha256 = (...parts: readonly (string | Uint8Array)[]) =>
  createHash('sha256')
    .update(Buffer.concat(parts.map((part) => Buffer.from(part))))
    .digest('hex');
const utf16 = (text: string) => Buffer.from(`${text}\0`, 'utf16le');

function digests({ events }: Prediction, pcr: number) {
  return events.filter((event) => event.pcr === pcr).map((event) => event.digests.sha256);
}

function images({ events }: Prediction) {
  return events
    .filter(({ type }) => type === 'EV_EFI_BOOT_SERVICES_APPLICATION')
    .map(({ description }) => description);
}

describe('addons', () => {
  it('are loaded in order, those for every UKI first, and add to the command line', () => {
    const prediction = predictWith({
      [`${OWN}/b.addon.efi`]: addon({ name: '.cmdline', data: ' b  b ' }),
      [`${OWN}/a.addon.efi`]: addon({ name: '.cmdline', data: 'a' }),
      'loader/addons/z.addon.efi': addon({ name: '.cmdline', data: 'z\n' }),
    });
    expect(images(prediction)).toEqual([
      '\\EFI\\BOOT\\BOOTX64.EFI',
      'z.addon.efi',
      'a.addon.efi',
      'b.addon.efi',
      'the kernel inside of the UKI',
    ]);
    expect(digests(prediction, 12)).toEqual([sha256(utf16('z a b  b'))]);
    expect(digests(prediction, 9)[0]).toBe(sha256(utf16('quiet z a b  b')));
  });

  it('may bring microcode, which the last brings first, and initrds', () => {
    const prediction = predictWith({
      [`${OWN}/a.addon.efi`]: addon({ name: '.ucode', data: 'A' }, { name: '.initrd', data: 'ia' }),
      [`${OWN}/b.addon.efi`]: addon({ name: '.ucode', data: 'B' }, { name: '.initrd', data: 'ib' }),
      [`${OWN}/c.cred`]: '',
    });
    const measured = digests(prediction, 12);
    expect(measured.slice(1)).toEqual(['B', 'A', 'ia', 'ib'].map((data) => sha256(data)));
    const before = 'B\0\0\0A\0\0\0base';
    // The archive with the credential stands between the UKI's own initrd and those of addons.
    expect(measured).toHaveLength(5);
    expect(digests(prediction, 9)[1]).not.toBe(sha256(before, 'ia\0\0ib\0\0'));
    const alone = predictWith({
      [`${OWN}/a.addon.efi`]: addon({ name: '.ucode', data: 'A' }, { name: '.initrd', data: 'ia' }),
      [`${OWN}/b.addon.efi`]: addon({ name: '.ucode', data: 'B' }, { name: '.initrd', data: 'ib' }),
    });
    expect(digests(alone, 9)[1]).toBe(sha256(before, 'ia\0\0ib\0\0'));
  });

  it('that are for another kernel, hold one, or hold nothing are measured and not used', () => {
    const prediction = predictWith({
      [`${OWN}/a.addon.efi`]: addon(
        { name: '.cmdline', data: 'a' },
        { name: '.uname', data: '6.2' },
      ),
      [`${OWN}/b.addon.efi`]: addon(
        { name: '.cmdline', data: 'b' },
        { name: '.linux', data: 'kernel' },
      ),
      [`${OWN}/c.addon.efi`]: addon({ name: '.text', data: 'c' }),
      [`${OWN}/d.addon.efi`]: addon(
        { name: '.cmdline', data: 'd' },
        { name: '.uname', data: '6.1\0' },
      ),
    });
    expect(images(prediction)).toHaveLength(6);
    expect(digests(prediction, 12)).toEqual([sha256(utf16('d'))]);
  });

  it('that are no images are passed over', () => {
    expect(images(predictWith({ [`${OWN}/a.addon.efi`]: 'text' }))).toHaveLength(2);
  });

  it('with device trees are not forecast, nor what older stubs do', () => {
    const reasons = (prediction: Prediction) =>
      prediction.unpredictable.filter(({ pcr }) => pcr === 12).map(({ reason }) => reason);
    const tree = { [`${OWN}/a.addon.efi`]: addon({ name: '.dtb', data: 'tree' }) };
    expect(reasons(predictWith(tree))).toEqual(['what becomes of the device trees of a.addon.efi']);
    expect(reasons(predictWith(tree, 256))).toEqual([
      'what the stub of v256 does with addons is not forecast',
    ]);
    expect(reasons(predictWith(tree, 253))).toEqual([]);
  });
});
