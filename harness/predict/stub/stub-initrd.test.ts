import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { readPe } from '../../formats/pe.ts';
import { type MadeSection, makePe } from '../../formats/testing/make-pe.ts';
import { readUki } from '../../formats/uki.ts';
import { NO_ADDITIONS, stubInitrd } from './stub-initrd.ts';

function compose(version: number, ...sections: readonly MadeSection[]): string | undefined {
  const magic = `#### LoaderInfo: systemd-stub ${version} ####`;
  const made = [{ name: '.sdmagic', data: magic }, { name: '.linux', data: 'kernel' }, ...sections];
  const source = bytesSource('uki.efi', makePe({ sections: made }));
  const uki = readUki(source, readPe(source));
  if (uki === undefined) throw new Error('no UKI');
  const pieces = stubInitrd(source, uki, { profile: 0 }, NO_ADDITIONS);
  return pieces && Buffer.concat([...pieces]).toString('latin1');
}

/** An archive of one file, written out as Linux's buffer-format.rst describes newc. */
function archive(name: string, content: string): string {
  const words = (...values: readonly string[]) => values.map((value) => value.padStart(8, '0'));
  const member = (inode: string, mode: string, size: number, path: string) =>
    [
      '070701',
      ...words(inode, mode, '0', '0', '1', '0', size.toString(16)),
      ...words('0', '0', '0', '0', (path.length + 1).toString(16), '0'),
    ].join('');
  const filled = (text: string) => text + '\0'.repeat(-text.length & 3);
  return [
    // S_IFDIR | 0555, S_IFREG | 0444
    filled(`${member('1', '416d', 0, '.extra')}.extra\0`),
    filled(`${member('2', '8124', content.length, `.extra/${name}`)}.extra/${name}\0`),
    filled(content),
    `070701${'00000000'.repeat(4)}00000001${'00000000'.repeat(6)}0000000B00000000`,
    'TRAILER!!!\0\0\0\0',
  ].join('');
}

const initrd = { name: '.initrd', data: 'abcde' };
const osrel = { name: '.osrel', data: 'ID=x\n\0' };
const signature = { name: '.pcrsig', data: '{}' };
const publicKey = { name: '.pcrpkey', data: 'PEM' };

describe('the initrd that systemd-stub hands to the kernel', () => {
  it('is that of the UKI, where there is nothing else', () => {
    expect(compose(256, initrd, osrel)).toBe('abcde');
    expect(compose(256, osrel)).toBeUndefined();
    expect(compose(257, initrd)).toBe('abcde');
  });

  it('is filled up, and followed by the files for userspace', () => {
    const files = [
      archive('tpm2-pcr-signature.json', '{}'),
      archive('tpm2-pcr-public-key.pem', 'PEM'),
    ];
    const until256 = ['abcde\0\0\0', ...files].join('');
    expect(compose(252, initrd, osrel, publicKey, signature)).toBe(until256);
    expect(compose(256, initrd, osrel, publicKey, signature)).toBe(until256);
    expect(compose(257, initrd, osrel, publicKey, signature)).toBe(
      until256 + archive('os-release', 'ID=x\n\0'),
    );
  });

  it('begins with the microcode from v256 on', () => {
    const ucode = { name: '.ucode', data: '123' };
    expect(compose(255, initrd, ucode)).toBe('abcde');
    expect(compose(256, initrd, ucode)).toBe('123\0abcde\0\0\0');
    expect(compose(258, ucode, osrel)).toBe(`123\0${archive('os-release', 'ID=x\n\0')}`);
  });

  it('has the profile that is booted', () => {
    const profile = { name: '.profile', data: 'ID=main\n' };
    expect(compose(257, initrd, osrel, profile)).toBe(
      `abcde\0\0\0${archive('os-release', 'ID=x\n\0')}${archive('profile', 'ID=main\n')}`,
    );
  });

  it('takes sections as they are in memory', () => {
    expect(compose(257, { ...initrd, virtualSize: 7 })).toBe('abcde\0\0');
    expect(compose(257, { ...osrel, virtualSize: 2 })).toBe(archive('os-release', 'ID'));
  });
});
