import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import { cmdlineOf } from './rebuild-uki.ts';

function uki(cmdline: string) {
  const sections = [{ name: '.cmdline', data: cmdline }];
  return bytesSource('uki.efi', makePe({ sections }));
}

describe('the command line of a UKI', () => {
  it('ends before the NULs that fill its section', () => {
    expect(cmdlineOf(uki('root=/dev/vda ro'))).toBe('root=/dev/vda ro');
    expect(cmdlineOf(uki('quiet\0\0'))).toBe('quiet');
  });

  it('is missed where there is none', () => {
    const kernel = bytesSource('k.efi', makePe({ sections: [{ name: '.text', data: 'x' }] }));
    expect(() => cmdlineOf(kernel)).toThrow(
      'k.efi: at 0x0: expected a UKI with a .cmdline section',
    );
  });
});
