import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificate } from './certificate.ts';
import { makeCertificate, makeKey } from './testing/make-signature.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const der = makeCertificate({ subject: 'db', key: makeKey(), serial: 0x2a });

describe('X.509 certificates', () => {
  it('are named by subject, issuer, digest and serial number', () => {
    const certificate = readCertificate('db', der, 0);
    expect(certificate).toMatchObject({ subject: 'CN=db', issuer: 'CN=db', version: 3 });
    expect(certificate.issuerAndSerial).toBe('300d310b300906035504030c026462' + '02012a');
    expect(Buffer.from(certificate.der)).toEqual(der);
  });

  it('may be followed by other bytes', () => {
    const padded = Buffer.concat([der, Buffer.from('padding')]);
    expect(readCertificate('db', padded, 0)).toEqual(readCertificate('db', der, 0));
  });

  it('of version 1 are told apart', () => {
    const old = makeCertificate({ subject: 'old', key: makeKey(), version: 1 });
    expect(readCertificate('db', old, 0).version).toBe(1);
  });

  it('are not taken out of text that hides in them', () => {
    const base64 =
      Buffer.from(der)
        .toString('base64')
        .match(/.{1,64}/g) ?? [];
    const pem = `\n-----BEGIN CERTIFICATE-----\n${base64.join('\n')}\n-----END CERTIFICATE-----\n`;
    const subject = makeCertificate({ subject: pem, key: makeKey() });
    const result = resultOrFormatError(() => readCertificate('db', subject, 0x10));
    expect(result).toMatchObject({ offset: 0x10, found: 'another certificate inside of it' });
  });

  it('give a result or a FormatError however they are damaged', () => {
    fc.assert(
      fc.property(mutations(der), (mutated) => {
        resultOrFormatError(() => readCertificate('db', mutated, 0));
      }),
      { numRuns: 2000 },
    );
  });
});
