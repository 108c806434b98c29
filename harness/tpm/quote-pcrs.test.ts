import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { isQuotePcrs, readQuotePcrs } from './quote-pcrs.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import { makeQuotePcrs } from './testing/made-quote-pcrs.ts';

const SHA1 = '11'.repeat(20);
const SHA256 = Array.from({ length: 10 }, (_, pcr) => `${pcr}`.padStart(64, 'a'));
const SELECTIONS = [
  { algId: 0x0004, select: [0x10, 0, 0], values: [SHA1] },
  { algId: 0x000b, select: [0xff, 0x03, 0], values: SHA256 },
];
const MADE = makeQuotePcrs(SELECTIONS);

const read = (bytes: Uint8Array) => readQuotePcrs(bytesSource('pcrs', bytes));

describe('what tpm2_quote writes of PCRs', () => {
  it('is told by its size', () => {
    expect(MADE.length).toBe(132 + 4 + 2 * 532);
    expect(isQuotePcrs(bytesSource('pcrs', MADE))).toBe(true);
    expect(isQuotePcrs(bytesSource('pcrs', MADE.subarray(1)))).toBe(false);
    expect(isQuotePcrs(bytesSource('pcrs', Buffer.alloc(100)))).toBe(false);
  });

  it('has a value for each PCR selected', () => {
    expect(read(MADE)).toEqual({ sha1: { 4: SHA1 }, sha256: { ...SHA256 } });
  });

  it('may be of banks that are not computed here too', () => {
    const sm3 = { algId: 0x0012, select: [1, 0, 0], values: ['33'.repeat(32)] };
    expect(read(makeQuotePcrs([sm3, ...SELECTIONS]))).toEqual(read(MADE));
  });

  it.each([
    ['a value too few', [{ algId: 0x0004, select: [0x30, 0, 0], values: [SHA1] }]],
    ['a value too many', [{ algId: 0x0004, select: [0, 0, 0], values: [SHA1] }]],
    ['a value of another size', [{ algId: 0x000b, select: [1, 0, 0], values: [SHA1] }]],
    ['no bank that is computed here', [{ algId: 0x0012, select: [0, 0, 0], values: [] }]],
    ['no selection', []],
    ['a selection of five bytes', [{ algId: 0x0004, select: [0, 0, 0, 0, 0], values: [] }]],
  ])('with %s is refused', (_what, selections) => {
    expect(() => read(makeQuotePcrs(selections))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('with bytes changed gives values or a FormatError', () => {
    fc.assert(
      fc.property(changedBytes(MADE), (bytes) => {
        valueOrFormatError(() => read(bytes));
      }),
    );
  });
});
