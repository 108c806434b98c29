import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { nvIndexName } from './object-name.ts';
import { readPcrlockFile, readPcrlockPrediction } from './pcrlock-file.ts';
import { policyAuthorizeNv } from './policy-digest.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import { PCRLOCK_FILE } from './testing/recorded-pcrlock.ts';

const read = (text: string) => readPcrlockFile(bytesSource('pcrlock.json', Buffer.from(text)));
const changed = (change: object) => JSON.stringify({ ...PCRLOCK_FILE, ...change });

describe('pcrlock.json', () => {
  it('names the NV index, and the digest of its policy is what systemd-cryptenroll computed', () => {
    const { nv, bank, variants } = read(changed({}));
    expect(nv).toMatchObject({ index: PCRLOCK_FILE.nvIndex, nameAlg: 'sha256', dataSize: 34 });
    expect({ bank, variants }).toEqual({
      bank: 'sha256',
      variants: Object.fromEntries(PCRLOCK_FILE.pcrValues.map(({ pcr, values }) => [pcr, values])),
    });
    // tpm2_nvreadpublic of that index, and tpm2-policy-hash of a volume that was keyed to it.
    expect(nvIndexName(nv)).toBe(
      '000ba4ba9cc8e249307f3249a7a2d4dbe5b25877e0904bc7d031aaf83e3ef482fe4a',
    );
    expect(policyAuthorizeNv('sha256', nvIndexName(nv))).toBe(
      '12d0758623f9515bbe58050b6f6fa64cea3461ff11873a987208ac4c4bdd86d5',
    );
  });

  it.each<[string, object, RegExp]>([
    ['a bank that there is not', { pcrBank: 'md5' }, /pcrBank/],
    ['a digest of another bank', { pcrBank: 'sha384' }, /no digest of sha384/],
    ['a PCR that a PC has not', { pcrValues: [{ pcr: 24, values: ['aa'] }] }, /pcr/],
    ['a PCR twice', { pcrValues: [PCRLOCK_FILE.pcrValues[0], PCRLOCK_FILE.pcrValues[0]] }, /twice/],
    ['a PCR without a value', { pcrValues: [{ pcr: 4, values: [] }] }, /values/],
    ['an NV index that is cut', { nvPublic: 'AC4BsLCJ' }, /nvPublic/],
    ['an NV index of no algorithm', { nvPublic: 'AA4BsLCJ//8AAAAAAAAAIg==' }, /hash algorithm/],
  ])('with %s is refused', (_, change, message) => {
    expect(() => read(changed(change))).toThrow(message);
    expect(valueOrFormatError(() => read(changed(change)))).toBeInstanceOf(FormatError);
  });

  it('is read or refused, whatever has changed', () => {
    const bytes = Buffer.from(changed({}));
    fc.assert(
      fc.property(changedBytes(bytes), (input) => {
        valueOrFormatError(() => readPcrlockFile(bytesSource('pcrlock.json', input)));
      }),
    );
  });
});

describe('what systemd-pcrlock predicts', () => {
  const predicted = (value: unknown) =>
    readPcrlockPrediction(bytesSource('predict', Buffer.from(JSON.stringify(value))), 'sha256');

  it('is read for one bank', () => {
    const { pcrValues } = PCRLOCK_FILE;
    expect(predicted({ sha256: pcrValues })).toEqual(read(changed({})).variants);
    expect(() => predicted({ sha1: [] })).toThrow(/none of this bank/);
  });
});
