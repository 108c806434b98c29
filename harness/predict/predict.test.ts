import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import type { ExpectedEvent } from '../measure/event.ts';
import { asDefaultBootFile, findBootImage } from './boot-image.ts';
import { BOOTED, predictBoot } from './predict.ts';
import { MADE_KERNEL, madeFirmware, makeUki, WELL_KNOWN } from './testing/made-boot.ts';

const options = { banks: ['sha256'], phases: BOOTED } as const;

const sha256 = (...data: readonly (string | Uint8Array)[]) => {
  const hash = createHash('sha256');
  for (const bytes of data) hash.update(bytes);
  return hash.digest('hex');
};

/** "Windows Authenticode Portable Executable Signature Format" for images that makePe() makes. */
function authenticode(image: Uint8Array): string {
  return sha256(image.subarray(0, 0xd8), image.subarray(0xdc, 0x128), image.subarray(0x130));
}

function digests(events: readonly ExpectedEvent[], pcr: number) {
  return events.filter((event) => event.pcr === pcr).map((event) => event.digests.sha256);
}

function predictUki(bytes: Uint8Array) {
  return predictBoot(madeFirmware(), asDefaultBootFile(bytesSource('uki.efi', bytes)), options);
}

describe('a boot from firmware to UKI', () => {
  it.each([
    { version: 251, inner: [] },
    { version: 252, inner: [authenticode(MADE_KERNEL)] },
    { version: 257, inner: [authenticode(MADE_KERNEL)] },
    { version: 258, inner: [] },
  ])('extends PCR 4 as the stub of v$version has it', ({ version, inner }) => {
    const uki = makeUki(version);
    expect(digests(predictUki(uki).events, 4)).toEqual([
      WELL_KNOWN.callingApplication,
      WELL_KNOWN.separator,
      authenticode(uki),
      ...inner,
    ]);
  });

  it('extends PCR 11 with sections and phases', () => {
    const { events } = predictUki(makeUki(252));
    const sections = ['.linux\0', MADE_KERNEL, '.osrel\0', 'ID=test\n', '.cmdline\0', 'quiet'];
    const measured = [...sections, '.initrd\0', 'initrd', ...BOOTED.split(':')];
    expect(digests(events, 11)).toEqual(measured.map((bytes) => sha256(bytes)));
  });

  it('leaves what nobody extends, and what nobody but the firmware closes', () => {
    const { banks } = predictUki(makeUki(257));
    for (const pcr of [2, 3, 6]) expect(banks.sha256?.[pcr]).toBe(WELL_KNOWN.separatorOnly);
    for (const pcr of [8, 12, 13, 14]) expect(banks.sha256?.[pcr]).toBe('00'.repeat(32));
  });

  it('does not know the partition table of a disk that is not known', () => {
    const { banks, unpredictable } = predictUki(makeUki(257));
    expect(banks.sha256).not.toHaveProperty('5');
    expect(unpredictable).toContainEqual({
      pcr: 5,
      reason: 'the partition table of the boot disk, which is not known',
    });
  });

  it('has either a value or a reason for every PCR', () => {
    const { banks, unpredictable } = predictUki(makeUki(257));
    const pcrs = [
      ...Object.keys(banks.sha256 ?? {}).map(Number),
      ...unpredictable.map(({ pcr }) => pcr),
    ];
    expect(pcrs.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, pcr) => pcr));
  });
});

describe('a boot with -kernel', () => {
  const boot = { kind: 'kernel', kernel: 'uki.efi' } as const;
  const uki = makeUki(257);
  const image = findBootImage(boot, (path) => bytesSource(path, uki));

  it('measures the image before the firmware is ready to boot', () => {
    const { events } = predictBoot(madeFirmware(), image, options);
    expect(digests(events, 4)).toEqual([
      authenticode(uki),
      WELL_KNOWN.callingApplication,
      WELL_KNOWN.separator,
      authenticode(MADE_KERNEL),
    ]);
  });

  it('has no partition table to measure', () => {
    const { events, banks } = predictBoot(madeFirmware(), image, options);
    expect(digests(events, 5)).toEqual([
      WELL_KNOWN.separator,
      WELL_KNOWN.exitInvocation,
      WELL_KNOWN.exitSuccess,
    ]);
    expect(banks.sha256).toHaveProperty('5');
  });
});

describe('another boot loader', () => {
  it('is measured, and what it does is not known', () => {
    const loader = makePe({ sections: [{ name: '.text', data: 'loader' }] });
    const { events, banks } = predictUki(loader);
    expect(digests(events, 4)).toContain(authenticode(loader));
    for (const pcr of [4, 7, 9, 11, 12]) expect(banks.sha256).not.toHaveProperty(`${pcr}`);
    expect(banks.sha256?.[2]).toBe(WELL_KNOWN.separatorOnly);
  });
});
