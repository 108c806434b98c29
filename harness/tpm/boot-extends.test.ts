import { expect, it } from 'vitest';
import { BOOT_EXTENDS, programExtends, sha256Extends } from './boot-extends.ts';

const { separator, calling, returning } = BOOT_EXTENDS;
const extend = (pcr: number, sha256: string) => ({ pcr, digests: { sha256 } });

// printf '\0\0\0\0' | sha256sum, and printf 'Calling EFI Application from Boot Option' | sha256sum.
it('knows what a boot manager measures besides programs', () => {
  expect(separator).toBe('df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119');
  expect(calling).toBe('3d6772b4f84ed47595d72a2c4c5ffd15f5bb72c7507fe26f2aaee2c69d5633ba');
});

it('passes it over among the programs of PCR 4', () => {
  const extended = [calling, separator, 'aa', returning, 'bb'].map((digest) => extend(4, digest));
  expect(programExtends([...extended, extend(5, 'cc')])).toEqual(['aa', 'bb']);
});

it('gives the digests of one PCR in order, and none of a bank that the TPM has not', () => {
  const other = { pcr: 7, digests: { sha384: 'dd' } };
  expect(sha256Extends([extend(7, 'aa'), extend(4, 'bb'), other, extend(7, 'cc')], 7)).toEqual([
    'aa',
    'cc',
  ]);
});
