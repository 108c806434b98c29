import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { certificateSubject } from './certificate-subject.ts';
import { readPe } from './pe.ts';
import { readShim } from './shim.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import { makePe } from './testing/make-pe.ts';
import { type MadeShim, makeShim } from './testing/make-shim.ts';

function read(image: Uint8Array) {
  const source = bytesSource('shim.efi', image);
  return readShim(source, readPe(source));
}

const readMade = (made: MadeShim) => read(makeShim(made));

describe('a shim', () => {
  it('says what it was built with', () => {
    const shim = readMade({
      version: '15.8',
      authorized: Uint8Array.of(0x30, 1),
      deauthorized: Uint8Array.of(7),
      automatic: 'sbat,1,a\n',
      latest: 'sbat,1,b\n',
      sbat: 'own',
    });
    expect(shim).toMatchObject({ version: '15.8', defaultLoader: 'grubx64.efi' });
    expect(toHex(shim?.vendorAuthorized ?? new Uint8Array())).toBe('3001');
    expect(toHex(shim?.vendorDeauthorized ?? new Uint8Array())).toBe('07');
    expect(Buffer.from(shim?.sbatLevels?.automatic ?? []).toString()).toBe('sbat,1,a\n');
    expect(Buffer.from(shim?.sbatLevels?.latest ?? []).toString()).toBe('sbat,1,b\n');
    expect(Buffer.from(shim?.sbat ?? []).toString()).toBe('own');
  });

  it('names its default loader, unless several names come into question', () => {
    expect(readMade({ loader: 'systemd-bootx64.efi' })?.defaultLoader).toBe('systemd-bootx64.efi');
    const texts = Buffer.from('\\other.efi\0', 'utf16le').toString('latin1');
    expect(readMade({ texts: `\0\0${texts}` })?.defaultLoader).toBeUndefined();
  });

  it.each([
    ['verifying against shim cert\n', true],
    ['verifying against vendor_cert\n', false],
  ])('with the text %j trusts a certificate of its build: %s', (texts, expected) => {
    expect(readMade({ texts })?.hasBuildCertificate).toBe(expected);
  });

  it('is told from other programs', () => {
    expect(read(makePe({ sections: [{ name: '.text', data: 'UEFI SHIM' }] }))).toBeUndefined();
  });

  it('is refused where its tables point outside of their sections', () => {
    const image = makeShim();
    const table = Buffer.from(image).indexOf(
      Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 16, 0, 0, 0, 16]),
    );
    new DataView(image.buffer).setUint32(table, 0xffff_ffff, true);
    expect(() => read(image)).toThrow(FormatError);
  });

  it('costs an error at most, whatever is changed in it', () => {
    const image = makeShim({ authorized: Uint8Array.of(0x30) });
    const byte = fc.record({ at: fc.nat(image.length - 1), to: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 8 }), (changes) => {
        const changed = Uint8Array.from(image);
        for (const { at, to } of changes) changed[at] = to;
        try {
          read(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
    );
  });
});

describe.skipIf(FIXTURES_MISSING)(`Debian's shim 16.1 ${FIXTURES_MISSING ?? ''}`, () => {
  it('has its version, key, revocations and loader', () => {
    const source = openFixtures('pcr', {}).source('shimx64.efi.signed');
    const shim = readShim(source, readPe(source));
    expect(shim).toMatchObject({
      version: '16.1',
      defaultLoader: 'grubx64.efi',
      hasBuildCertificate: false,
    });
    expect(certificateSubject(shim?.vendorAuthorized ?? new Uint8Array())).toBe(
      'CN=Debian Secure Boot CA',
    );
    // SbatLevel as a boot with it left it (boots/iv-shim).
    expect(Buffer.from(shim?.sbatLevels?.automatic ?? []).toString()).toBe(
      'sbat,1,2025021800\nshim,4\ngrub,5\n',
    );
  });
});
