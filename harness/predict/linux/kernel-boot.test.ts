import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ByteSource, bytesSource } from '../../bytes/source.ts';
import { makeSection, makeVolume } from '../../formats/testing/make-firmware.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { findBootImage } from '../boot-image.ts';
import { BOOTED, predictBoot } from '../predict.ts';
import { madeFirmware, makeUki } from '../testing/made-boot.ts';

const options = { banks: ['sha256'], phases: BOOTED } as const;

/** A kernel: makePe() puts the section at 0x200, so that the magic is where the setup header has it. */
function makeKernel(): Uint8Array {
  const data = '\0\0HdrS Linux initrd\0LOADED_IMAGE::LoadOptions\0';
  return makePe({ sections: [{ name: '.setup', data }] });
}

function driversWith(text: string): ByteSource {
  const content = makeSection(0x10, Buffer.from(text));
  return bytesSource('DXE', makeVolume({ files: [{ content }] }));
}

function predictKernel(
  drivers: string,
  given: { readonly initrd?: string; readonly cmdline?: string } = {},
  kernel = makeKernel(),
) {
  const { build, store } = madeFirmware();
  const firmware = {
    build: { ...build, dxeVolume: driversWith(drivers) },
    store,
  };
  const files: Readonly<Record<string, Uint8Array>> = { K: kernel, I: Buffer.from('initrd') };
  const image = findBootImage({ kind: 'kernel', kernel: 'K', ...given }, (path) =>
    bytesSource(path, files[path] ?? new Uint8Array(0)),
  );
  return predictBoot(firmware, image, options);
}

const NEW = 'etc/boot/\0 initrd=initrd \0';
const OLD = 'etc/boot/\0%a initrd=initrd\0';

const loadOptions = (text: string) =>
  createHash('sha256')
    .update(Buffer.from(`${text}\0`, 'utf16le'))
    .digest('hex');

function pcr9({ events }: ReturnType<typeof predictBoot>) {
  return events.filter(({ pcr }) => pcr === 9).map(({ digests }) => digests.sha256);
}

describe('a kernel that QEMU gives to the firmware', () => {
  it('is told of its initrd as the firmware does it', () => {
    const given = { initrd: 'I', cmdline: 'quiet' };
    expect(pcr9(predictKernel(NEW, given))[0]).toBe(loadOptions('initrd=initrd quiet'));
    expect(pcr9(predictKernel(OLD, given))[0]).toBe(loadOptions('quiet initrd=initrd'));
    const sha256 = createHash('sha256').update('initrd').digest('hex');
    expect(pcr9(predictKernel(NEW, given))[1]).toBe(sha256);
  });

  it('gets its command line in characters of one byte', () => {
    expect(pcr9(predictKernel(NEW, { cmdline: 'ä' }))).toEqual([loadOptions('Ã¤')]);
    expect(pcr9(predictKernel(NEW))).toEqual([]);
  });

  it('is measured by nobody else', () => {
    const { banks, unpredictable } = predictKernel(NEW, { cmdline: 'quiet' });
    for (const pcr of [11, 12, 13, 14, 15]) expect(banks.sha256?.[pcr]).toBe('00'.repeat(32));
    expect(unpredictable.map(({ pcr }) => pcr)).toEqual([0, 1, 10]);
  });

  it('is not known where the firmware gets it in another form', () => {
    const { unpredictable } = predictKernel('an older one', { initrd: 'I' });
    expect(unpredictable.map(({ pcr }) => pcr)).toEqual([0, 1, 4, 9, 10]);
  });
});

describe('a UKI that QEMU gives to the firmware', () => {
  it('passes its command line on, unless it has one that Secure Boot protects', () => {
    const { events } = predictKernel(NEW, { cmdline: '@0 quiet' }, makeUki(257));
    const pcr12 = events.filter(({ pcr }) => pcr === 12);
    expect(pcr12.map(({ digests }) => digests.sha256)).toEqual([loadOptions('quiet')]);
  });

  it('may be told which profile to boot', () => {
    const profiles = ['main', 'other'].map((id) => ({ name: '.profile', data: `ID=${id}` }));
    const uki = makeUki(257, { sections: profiles });
    const { events } = predictKernel(NEW, { cmdline: '@1' }, uki);
    const pcr12 = events.filter(({ pcr }) => pcr === 12);
    expect(pcr12.map(({ digests }) => digests.sha256)).toEqual([loadOptions('1')]);
    expect(() => predictKernel(NEW, { cmdline: '@2' }, uki)).toThrow('K has no profile 2');
  });

  it('gets no initrd', () => {
    expect(() => predictKernel(NEW, { initrd: 'I' }, makeUki(257))).toThrow(
      'QEMU gives no initrd to K, which is no Linux kernel',
    );
  });
});
