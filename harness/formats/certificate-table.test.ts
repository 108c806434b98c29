import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { bytesSource } from '../bytes/source.ts';
import { readCertificateTable } from './certificate-table.ts';
import { winCertificate } from './efi-program.ts';
import { readPe } from './pe.ts';
import { makePe } from './testing/make-pe.ts';

function read(certificates?: readonly Uint8Array[]) {
  const source = bytesSource('test.efi', makePe(certificates ? { certificates } : {}));
  return readCertificateTable(source, readPe(source));
}

const GUID_TYPE = 0x0ef1;

describe('certificate tables', () => {
  it('may be missing', () => {
    expect(read()).toEqual([]);
  });

  it('hold entries that are padded to eight bytes', () => {
    const entries = [winCertificate(new Uint8Array(5)), winCertificate(new Uint8Array(8))];
    expect(read(entries)).toEqual([
      { offset: 0x200, size: 13, type: 2, signedData: { offset: 0x208, size: 5 } },
      { offset: 0x210, size: 16, type: 2, signedData: { offset: 0x218, size: 8 } },
    ]);
  });

  it('hold PKCS#7 behind a GUID too', () => {
    const pkcs7 = guidBytes('4aafd29d-68df-49ee-8aa9-347d375665a7');
    const rsa = guidBytes('a7717414-c616-4977-9420-844712a735bf');
    const entries = [pkcs7, rsa].map((guid) =>
      winCertificate(Buffer.concat([guid, Buffer.from('data')]), GUID_TYPE),
    );
    expect(read(entries).map(({ signedData }) => signedData)).toEqual([
      { offset: 0x218, size: 4 },
      undefined,
    ]);
  });

  it('hold entries of other types', () => {
    const [other] = read([winCertificate(new Uint8Array(16), 1)]);
    expect(other).toEqual({ offset: 0x200, size: 24, type: 1, signedData: undefined });
  });

  const shortened = Buffer.from(winCertificate(new Uint8Array(16)));
  shortened.writeUInt32LE(0, 0);
  const lengthened = Buffer.from(winCertificate(new Uint8Array(16)));
  lengthened.writeUInt32LE(25, 0);
  it.each([
    ['an entry without length', shortened],
    ['an entry longer than the table', lengthened],
    ['an entry whose padding is missing', winCertificate(new Uint8Array(5)).subarray(0, 13)],
    ['an entry without content', winCertificate(new Uint8Array())],
    ['a GUID entry without content', winCertificate(new Uint8Array(16), GUID_TYPE)],
    ['a rest too short for an entry', new Uint8Array(8)],
  ])('are refused with %s', (_, entry) => {
    expect(() => read([entry])).toThrow(/at 0x200: expected a WIN_CERTIFICATE of \d+ to/);
  });

  it('are refused with more entries than any image has', () => {
    const entries = Array.from({ length: 257 }, () => winCertificate(new Uint8Array(1)));
    expect(() => read(entries)).toThrow('expected at most 256 certificates');
  });
});
