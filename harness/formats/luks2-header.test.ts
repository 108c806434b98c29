import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { readLuks2Tokens } from './luks2-header.ts';
import { makeLuks2Header, repairLuks2Checksum } from './testing/make-luks2.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

/** As systemd-cryptenroll 257 writes it, with the policy of an NV index of systemd-pcrlock. */
const PCRLOCK_TOKEN = {
  type: 'systemd-tpm2',
  keyslots: ['1'],
  'tpm2-blob': 'AGwAIA==',
  'tpm2-pcrs': [],
  'tpm2-primary-alg': 'ecc',
  'tpm2-policy-hash': '12d0758623f9515bbe58050b6f6fa64cea3461ff11873a987208ac4c4bdd86d5',
  tpm2_pcrlock: true,
};
const PCR_TOKEN = {
  type: 'systemd-tpm2',
  keyslots: ['2'],
  'tpm2-pcrs': [4, 7],
  'tpm2-pcr-bank': 'sha256',
  'tpm2-policy-hash': 'f18bedb2f00a429e45316e290eb6a80a2b885d5fdf8cc4dc0b725a80df885eb6',
};
const METADATA = {
  keyslots: {},
  tokens: { 0: PCRLOCK_TOKEN, 1: { type: 'luks2-keyring', keyslots: ['0'] }, 2: PCR_TOKEN },
};

const read = (bytes: Uint8Array) => readLuks2Tokens(bytesSource('volume', bytes));
const refusal = (bytes: Uint8Array) => resultOrFormatError(() => read(bytes));

describe('the tokens of a LUKS2 volume', () => {
  it('for TPMs are read, and those of others passed over', () => {
    expect(read(makeLuks2Header(METADATA))).toEqual([
      { policyHash: PCRLOCK_TOKEN['tpm2-policy-hash'], pcrs: [], isPcrlock: true },
      { policyHash: PCR_TOKEN['tpm2-policy-hash'], pcrs: [4, 7], isPcrlock: false },
    ]);
    expect(read(makeLuks2Header({ tokens: {} }, 32 << 10))).toEqual([]);
  });

  it.each<[string, Record<string, unknown>, RegExp]>([
    ['a digest that is none', { 'tpm2-policy-hash': 'none' }, /tpm2-policy-hash/],
    ['a PCR that a PC has not', { 'tpm2-pcrs': [24] }, /tpm2-pcrs/],
    ['no PCRs', { 'tpm2-pcrs': undefined }, /tpm2-pcrs/],
  ])('with %s are refused by name', (_, change, found) => {
    const error = refusal(makeLuks2Header({ tokens: { 0: { ...PCR_TOKEN, ...change } } }));
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).message).toMatch(found);
  });

  it('are refused by offset where the header is not sound', () => {
    const changed = (change: (header: Buffer) => void, isRepaired = true) => {
      const header = makeLuks2Header(METADATA);
      change(header);
      if (isRepaired) repairLuks2Checksum(header);
      return refusal(header);
    };
    expect(changed((header) => header.fill(0, 0, 1))).toMatchObject({ offset: 0 });
    expect(changed((header) => header.writeUInt16BE(1, 6))).toMatchObject({ offset: 6 });
    expect(changed((header) => header.writeBigUInt64BE(1n << 40n, 8), false)).toMatchObject({
      offset: 8,
    });
    expect(changed((header) => header.write('sha512', 72))).toMatchObject({ offset: 72 });
    expect(changed((header) => header.fill(0x20, 5000, 5001), false)).toMatchObject({
      offset: 448,
    });
    expect(refusal(makeLuks2Header(METADATA).subarray(0, 8192))).toBeInstanceOf(FormatError);
  });

  it('are read or refused, whatever has changed', () => {
    const header = makeLuks2Header(METADATA);
    fc.assert(
      fc.property(mutations(header, 5000), fc.boolean(), (bytes, isRepaired) => {
        const copy = Uint8Array.from(bytes);
        if (isRepaired) repairLuks2Checksum(copy);
        refusal(copy);
      }),
    );
  });
});
