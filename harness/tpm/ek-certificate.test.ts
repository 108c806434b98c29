import type { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { type EkExpectations, readEkCertificate, verifyEkCertificate } from './ek-certificate.ts';
import { readPublicArea } from './public-area.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import { EK_AUTHORITY, EK_CERTIFICATE, EK_DAY, ekArea } from './testing/recorded-ek.ts';

const read = (bytes: Uint8Array) => readEkCertificate(bytesSource('ek.crt', bytes));
const area = (attributes?: number) => readPublicArea(bytesSource('ek.pub', ekArea(attributes)));

function failed(certificate: X509Certificate, expected: Partial<EkExpectations> = {}) {
  const all = { authority: EK_AUTHORITY, at: EK_DAY, ek: area(), ...expected };
  return verifyEkCertificate(certificate, all).flatMap(({ name, ok }) => (ok ? [] : [name]));
}

/** A certificate on P-256 whose BIT STRING with the key holds `00` instead of an uncompressed point. */
function atInfinity(certificate: Uint8Array): Uint8Array {
  const raw = Buffer.from(certificate);
  const at = raw.indexOf('03420004', 'hex');
  const cut = 64;
  const bytes = Buffer.concat([raw.subarray(0, at), Buffer.of(3, 2, 0, 0), raw.subarray(at + 68)]);
  const [outer, signed, info] = [2, 6, raw.lastIndexOf('3059', at, 'hex') + 1];
  for (const length of [outer, signed])
    bytes.writeUInt16BE(bytes.readUInt16BE(length) - cut, length);
  bytes.writeUInt8(bytes.readUInt8(info) - cut, info);
  return bytes;
}

describe('an EK certificate of swtpm', () => {
  it('verifies under its authority, for its EK', () => {
    expect(failed(read(EK_CERTIFICATE))).toEqual([]);
  });

  it('may stand in an index that is larger', () => {
    const padded = Buffer.concat([EK_CERTIFICATE, Buffer.alloc(100, 0xff)]);
    expect(failed(read(padded))).toEqual([]);
  });

  it('is refused by the check that names what is wrong', () => {
    const certificate = read(EK_CERTIFICATE);
    expect(failed(certificate, { authority: certificate })).toEqual(['issuer']);
    expect(failed(certificate, { at: new Date('2020-01-01') })).toEqual(['validity']);
    expect(failed(certificate, { at: new Date('9999-12-31T23:59:59.5Z') })).toEqual(['validity']);
    expect(failed(certificate, { ek: area(0x0004_0072) })).toEqual(['template']);
    const other = Buffer.from(ekArea());
    other[other.length - 1] = (other.at(-1) ?? 0) ^ 1;
    const ek = readPublicArea(bytesSource('ek.pub', other));
    expect(failed(certificate, { ek })).toEqual(['ek']);
  });

  it('is none that is of an authority', () => {
    expect(failed(read(EK_AUTHORITY.raw))).toEqual(['usage', 'tpm', 'ek']);
  });

  it('is of no EK where its key is the point at infinity, which Node.js reads and does not export', () => {
    expect(failed(read(atInfinity(EK_AUTHORITY.raw)))).toContain('ek');
  });

  it('with a signature changed is refused', () => {
    expect(failed(read(EK_CERTIFICATE.with(-1, 0)))).toEqual(['issuer']);
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a text', Buffer.from('certificate')],
    ['PEM', Buffer.from(EK_AUTHORITY.toString())],
    ['a file of another size', Buffer.alloc(1 << 15)],
    ['one cut short', EK_CERTIFICATE.subarray(0, -10)],
  ])('of %s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('of changed bytes gives checks or a FormatError', () => {
    fc.assert(
      fc.property(changedBytes(EK_CERTIFICATE), (bytes) => {
        valueOrFormatError(() => failed(read(bytes)));
      }),
    );
  });
});
