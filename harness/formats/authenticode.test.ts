import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { authenticodeDigests } from './authenticode.ts';
import { winCertificate } from './efi-program.ts';
import { readPe } from './pe.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import { type MadePe, makePe } from './testing/make-pe.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const ALL = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

function digests(bytes: Uint8Array) {
  const source = bytesSource('test.efi', bytes);
  return authenticodeDigests(source, readPe(source), ALL);
}

/** Authenticode by its words: the bytes that count, one after the other. */
function sha256Of(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

const CHECKSUM = 0x80 + 24 + 64;
const CERTIFICATE_DIRECTORY = 0x80 + 24 + 112 + 32;

function headersOf(bytes: Uint8Array, directory = CERTIFICATE_DIRECTORY): Uint8Array {
  return Buffer.concat([
    bytes.subarray(0, CHECKSUM),
    bytes.subarray(CHECKSUM + 4, directory),
    bytes.subarray(directory + 8, 0x200),
  ]);
}

describe('Authenticode digests', () => {
  const sections = [
    { name: '.a', data: 'first', virtualSize: 2 },
    { name: '.b', data: 'second', virtualSize: 0x3000 },
    { name: '.bss', virtualSize: 0x1000 },
  ];

  it('cover headers and raw data, whatever the sizes in memory', () => {
    const bytes = makePe({ sections });
    expect(digests(bytes).sha256).toBe(sha256Of(headersOf(bytes), bytes.subarray(0x200, 0x600)));
  });

  it('do not change with the checksum or a signature', () => {
    const plain = makePe({ sections });
    const checked = Uint8Array.from(plain);
    checked.set([1, 2, 3, 4], CHECKSUM);
    const signed = makePe({ sections, certificates: [winCertificate(Buffer.from('cms'))] });
    expect(digests(checked)).toEqual(digests(plain));
    expect(digests(signed)).toEqual(digests(plain));
  });

  it('take the sections in the order of the file', () => {
    const bytes = makePe({
      sections: [
        { name: '.b', data: 'b', rawOffset: 0x400 },
        { name: '.a', data: 'a', rawOffset: 0x200 },
      ],
    });
    expect(digests(bytes).sha256).toBe(sha256Of(headersOf(bytes), bytes.subarray(0x200)));
  });

  it('cover what follows the sections, without padding', () => {
    const trailer = Buffer.from('odd');
    const bytes = makePe({ sections, trailer });
    expect(digests(bytes).sha256).toBe(sha256Of(headersOf(bytes), bytes.subarray(0x200)));
    expect(bytes.length % 8).toBe(3);
  });

  it('begin the rest at the number of bytes hashed, even where sections leave a gap', () => {
    const bytes = makePe({ sections: [{ name: '.a', data: 'a', rawOffset: 0x300 }] });
    const section = bytes.subarray(0x300, 0x500);
    expect(digests(bytes).sha256).toBe(
      sha256Of(headersOf(bytes), section, bytes.subarray(0x400, 0x500)),
    );
  });

  it('cover everything but the checksum where there is no room for a certificate table', () => {
    const bytes = makePe({ sections, directories: 4 });
    const everything = [bytes.subarray(0, CHECKSUM), bytes.subarray(CHECKSUM + 4)];
    expect(digests(bytes).sha256).toBe(sha256Of(...everything));
  });

  it('skip the certificate directory of a 32-bit image where that has it', () => {
    const bytes = makePe({ sections, format: 'PE32' });
    expect(digests(bytes).sha256).toBe(
      sha256Of(headersOf(bytes, CERTIFICATE_DIRECTORY - 16), bytes.subarray(0x200)),
    );
  });

  it('need a certificate table that covers no section', () => {
    const bytes = makePe({
      sections,
      trailer: new Uint8Array(8),
      certificateTable: { offset: 0x5f8, size: 16 },
    });
    expect(() => digests(bytes)).toThrow(
      'at 0x600: expected a certificate table of at most 8 bytes, found 16 bytes',
    );
  });
});

describe('any image', () => {
  const made: MadePe = { sections: [{ name: '.a', data: 'a' }], trailer: new Uint8Array(9) };

  it('gives digests or a FormatError', () => {
    fc.assert(
      fc.property(mutations(makePe(made), 0x200), (mutated) => {
        resultOrFormatError(() => digests(mutated));
      }),
      { numRuns: 1000 },
    );
  });
});

type Index = {
  readonly authenticode: readonly {
    readonly file: string;
    readonly expected_authenticode: Readonly<Record<string, string>>;
  }[];
};

describe.skipIf(FIXTURES_MISSING)(FIXTURES_MISSING ?? 'published images', () => {
  const { index, source } = openFixtures<Index>('pcr', { authenticode: [] });

  it.each(index.authenticode)('$file', ({ file, expected_authenticode }) => {
    const image = source(file);
    expect(authenticodeDigests(image, readPe(image), ALL)).toEqual(expected_authenticode);
  });
});
