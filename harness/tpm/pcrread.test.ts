import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import { readPcrValues } from './pcrread.ts';

const read = (text: string) => readPcrValues(bytesSource('pcrs', Buffer.from(text, 'latin1')));

const SHA1 = 'B2A83B0EBF2F8374299A5B2BDFC31EA955AD7236';
const SHA256 = '3D458CFE55CC03EA1F443F1562BEEC8DF51C75E14A9FCF9A7234A13F198E7969';
const VALUES = {
  sha1: { 2: SHA1.toLowerCase() },
  sha256: { 0: SHA256.toLowerCase(), 10: SHA256.toLowerCase() },
};

// tpm2-tools 5.7, lib/pcr.c: "  %s:\n" and "    %-2d: 0x%s\n".
const PCRREAD = `  sha1:
    2 : 0x${SHA1}
  sha256:
    0 : 0x${SHA256}
    10: 0x${SHA256}
  sha384:
`;

// tpm2-tools 5.7, lib/tpm2_eventlog_yaml.c: "    %-2d : 0x%s\n".
const EVENTLOG = `---
version: 1
events:
- EventNum: 0
  PCRIndex: 0
pcrs:
  sha1:
    2  : 0x${SHA1.toLowerCase()}
  sha256:
    0  : 0x${SHA256.toLowerCase()}
    10 : 0x${SHA256.toLowerCase()}
`;

describe('PCR values in text', () => {
  it('are those that tpm2_pcrread printed', () => {
    expect(read(PCRREAD)).toEqual(VALUES);
  });

  it('are those that tpm2_eventlog replayed', () => {
    expect(read(EVENTLOG)).toEqual(VALUES);
    expect(read(EVENTLOG.slice(EVENTLOG.indexOf('pcrs:')))).toEqual(VALUES);
  });

  it('may have other line ends, spaces and no prefix', () => {
    const text = `sha1 :\r\n  2  : ${SHA1}\r\n\r\nsha256:\n0:0x${SHA256}  \n 10 : ${SHA256}`;
    expect(read(text)).toEqual(VALUES);
  });

  it('of banks that are not computed here are passed over', () => {
    expect(read(`sm3_256:\n  0 : 0x${SHA256}\n${PCRREAD}`)).toEqual(VALUES);
  });

  it.each([
    ['nothing', '', 0],
    ['no PCR', 'sha1:\nsha256:\n', 0],
    ['a PCR before any bank', `  0 : 0x${SHA1}\n`, 0],
    ['a value of another size', `sha256:\n  0 : 0x${SHA1}\n`, 8],
    ['a value with other characters', `sha1:\n  0 : 0x${SHA1.replace('B', 'G')}\n`, 6],
    ['a PCR that does not exist', `sha1:\n  32: 0x${SHA1}\n`, 6],
    ['a PCR twice', `sha1:\n  2 : 0x${SHA1}\n  2 : 0x${SHA1}\n`, 6 + 49],
    ['a bank twice', `sha1:\n  2 : 0x${SHA1}\nsha1:\n`, 6 + 49],
    ['an unknown bank', 'md5:\n', 0],
    ['an error message', `sha1:\nERROR: Unable to run tpm2_pcrread\n`, 6],
    ['a terminal escape', `sha1:\n\x1b[2J\n`, 6],
    ['a document without PCRs', '---\nversion: 1\n', 0],
  ])('with %s are refused', (_what, text, offset) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ name: 'FormatError', offset }));
  });

  it('of any text give values or a FormatError', () => {
    const change = fc.tuple(fc.nat(PCRREAD.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 3 }), (changes) => {
        const bytes = Buffer.from(PCRREAD, 'latin1');
        for (const [at, value] of changes) bytes[at] = value;
        expectValuesOrFormatError(bytes.toString('latin1'));
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['\n', ' ', '0', ':', 'sha1:\n'])('of a megabyte of %j cost no time', (piece) => {
    const started = performance.now();
    expectValuesOrFormatError(piece.repeat(2 ** 20 / piece.length));
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

function expectValuesOrFormatError(text: string): void {
  try {
    expect(Object.keys(read(text))).not.toEqual([]);
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
  }
}
