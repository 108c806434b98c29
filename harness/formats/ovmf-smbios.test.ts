import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readOvmfSmbios } from './ovmf-smbios.ts';
import { madeOvmf, makeOvmfVolume } from './testing/make-ovmf.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const VENDOR = 'Debian distribution of EDK II';
const VERSION = '2026.08+ds-2';

function stringsOf(...smbiosTexts: readonly string[]) {
  return readOvmfSmbios(madeOvmf({ smbiosTexts })).biosStrings;
}

describe('the SMBIOS table of an OVMF build', () => {
  it.each([
    [{}, true],
    [{ release: '202502' as const }, false],
    [{ isAmdSev: true }, false],
  ])('of %j is measured: %s', (made, isMeasured) => {
    expect(readOvmfSmbios(madeOvmf(made)).isMeasured).toBe(isMeasured);
  });

  it('tells vendor, version and date of the firmware, without what only looks like text', () => {
    const texts = ['unknown', '02/02/2022', '@09/26/2026', ` ${VERSION}`, `@${VENDOR}`];
    expect(stringsOf(...texts)).toEqual([VENDOR, VERSION, '09/26/2026']);
  });

  it('has a date of its own where the build sets none', () => {
    expect(stringsOf('unknown', '02/02/2022', VERSION, VENDOR)).toEqual([
      VENDOR,
      VERSION,
      '02/02/2022',
    ]);
  });

  it.each([
    ['a text that is none of these', ['unknown', '02/02/2022', VERSION, VENDOR, 'August 2026']],
    ['a vendor that no other driver shows', ['unknown', '02/02/2022', VERSION, 'ACME']],
    ['no version', ['unknown', '02/02/2022', VENDOR]],
    ['two dates', ['01/01/2026', '01/02/2026', VERSION, VENDOR]],
  ])('with %s is not known', (_, texts) => {
    expect(stringsOf(...texts)).toBeUndefined();
  });

  it('is read from any bytes, or refused with their place', () => {
    fc.assert(
      fc.property(mutations(makeOvmfVolume()), (bytes) => {
        resultOrFormatError(() =>
          readOvmfSmbios({ version: VERSION, dxeVolume: bytesSource('DXE', bytes) }),
        );
      }),
    );
  });
});
