import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../harness/bytes/source.ts';
import { makeVerityDisk } from '../../harness/coverage/testing/made-disk.ts';
import { makeGptDisk } from '../../harness/formats/testing/make-gpt.ts';
import { makePe } from '../../harness/formats/testing/make-pe.ts';
import { makeQcow2Header } from '../../harness/formats/testing/make-qcow2.ts';
import { findBootImage } from '../../harness/predict/boot-image.ts';
import { madeFirmware, makeBootDisk, makeUki } from '../../harness/predict/testing/made-boot.ts';
import { imageFacts } from './image-facts.ts';
import { imageKind } from './image-kind.ts';

const facts = (disk: Uint8Array) => {
  const boot = { kind: 'disk', path: 'disk.raw', format: 'raw' } as const;
  return imageFacts(
    madeFirmware(),
    findBootImage(boot, (path) => bytesSource(path, disk)),
  );
};

describe('what a file is', () => {
  it.each([
    ['raw', makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': makeUki(257) })],
    ['qcow2', makeQcow2Header({})],
    ['uki', makeUki(257)],
  ])('is told by its content: %s', (kind, bytes) => {
    expect(imageKind(bytesSource('file', bytes))).toBe(kind);
  });

  it('is refused where it boots nothing', () => {
    const program = makePe({ sections: [{ name: '.text', data: 'no kernel' }] });
    expect(() => imageKind(bytesSource('a.efi', program))).toThrow(
      'a.efi: at 0x0: expected a disk image, a UKI or a Linux kernel, found another PE file',
    );
    expect(() => imageKind(bytesSource('empty', new Uint8Array()))).toThrow('empty: at 0x');
    expect(() => imageKind(bytesSource('text', Buffer.alloc(4096, 'x')))).toThrow('text: at 0x');
  });
});

describe('what an image has', () => {
  it('is a UKI and its dm-verity', () => {
    const { bytes } = makeVerityDisk();
    const { path, isGiven, programs, verity, luks, hostKey } = facts(bytes);
    expect({ path, isGiven, programs, luks, hostKey }).toEqual({
      path: 'uki',
      isGiven: false,
      programs: ['\\EFI\\BOOT\\BOOTX64.EFI'],
      luks: [],
      hostKey: undefined,
    });
    expect(verity).toEqual([expect.stringMatching(/^root: data 2 \(\S+\), hashes 3 \(\S+\)$/)]);
    expect(facts(makeVerityDisk(false).bytes).verity).toEqual([]);
  });

  it('is a loader and the UKIs behind it', () => {
    const magic = { name: '.sdmagic', data: '#### LoaderInfo: systemd-boot 257 ####' };
    const found = facts(
      makeBootDisk({
        'EFI/BOOT/BOOTX64.EFI': makePe({ sections: [magic] }),
        'EFI/Linux/a.efi': makeUki(257),
        'EFI/Linux/a.txt': 'none',
      }),
    );
    expect(found).toMatchObject({
      path: 'systemd-boot',
      programs: ['\\EFI\\BOOT\\BOOTX64.EFI: systemd-boot 257', '\\EFI\\Linux\\a.efi'],
      ukis: ['\\EFI\\Linux\\a.efi'],
    });
  });

  it('is what nobody forecasts', () => {
    const program = makePe({ sections: [{ name: '.text', data: 'GRUB' }] });
    const { unknown } = facts(makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': program }));
    expect(unknown).toMatch(/measures and loads is not forecast$/);
  });

  it('is what is encrypted', () => {
    const disk = makeBootDisk({ 'EFI/BOOT/BOOTX64.EFI': makeUki(257) });
    const plain = makeGptDisk({
      sectors: 4096,
      partitions: [
        { first: 64, last: 400 },
        { first: 512, last: 600 },
      ],
    });
    plain.set(disk.subarray(64 * 512, 64 * 512 + 256 * 512), 64 * 512);
    expect(facts(plain).luks).toEqual([]);
    plain.set(Buffer.from('LUKS\xba\xbe', 'latin1'), 512 * 512);
    expect(facts(plain).luks).toEqual([2]);
  });
});
