import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { readAuthenticodeSignature } from './authenticode-signature.ts';
import { readCertificateTable } from './certificate-table.ts';
import { readSignedData } from './cms.ts';
import { readPe } from './pe.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import {
  contentInfo,
  der,
  makeCertificate,
  makeKey,
  makeSignature,
  sequence,
} from './testing/make-signature.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const key = makeKey();
const root = { subject: 'root', key };
const certificate = makeCertificate({ subject: 'signer', key, issuer: root, serial: 7 });
const imageDigest = 'ab'.repeat(32);
const signing = { imageDigest, signers: [{ certificate, key }], certificates: [certificate] };

function read(bytes: Uint8Array) {
  const source = bytesSource('test.efi', bytes);
  return readAuthenticodeSignature(source, { offset: 0, size: bytes.length });
}

describe('Authenticode signatures', () => {
  it('say what they sign and who signs', () => {
    const signature = read(makeSignature(signing));
    expect(signature).toMatchObject({ hash: 'sha256', announced: ['sha256'], imageDigest });
    expect(signature.signers).toHaveLength(1);
    expect(signature.signers[0]?.certificate).toMatchObject({
      subject: 'CN=signer',
      issuer: 'CN=root',
      version: 3,
    });
    expect(signature.certificates.map(({ der }) => toHex(der))).toEqual([toHex(certificate)]);
  });

  it.each(['sha1', 'sha256', 'sha384', 'sha512'] as const)('are made with %s', (hash) => {
    const signature = read(makeSignature({ ...signing, hash }));
    expect(signature.hash).toBe(hash);
    expect(signature.signers[0]?.hash).toBe(hash);
  });

  it('may be followed by padding', () => {
    const padded = Buffer.concat([makeSignature(signing), new Uint8Array(7)]);
    expect(read(padded).imageDigest).toBe(imageDigest);
  });

  it('may have no signed attributes', () => {
    const [signer] = read(makeSignature({ ...signing, withoutAttributes: true })).signers;
    expect(signer?.signedAttributes).toBeUndefined();
  });

  it('are refused where the certificate of the signer is missing', () => {
    const stranger = makeCertificate({ subject: 'signer', key, issuer: root, serial: 8 });
    const bytes = makeSignature({ ...signing, certificates: [stranger] });
    expect(() => read(bytes)).toThrow('expected a signer whose certificate is embedded');
  });

  it.each([
    ['data instead of SignedData', contentInfo('2a864886f70d010701', der(0x04))],
    ['SignedData of something else', contentInfo('2a864886f70d010702', foreignContent())],
    ['a length beyond the bytes', Buffer.from([0x30, 0x82, 0xff, 0xff])],
    ['a length of five bytes', Buffer.from([0x30, 0x85, 0, 0, 0, 0, 1])],
    ['an indefinite length', Buffer.from([0x30, 0x80, 0, 0])],
    ['nothing', Buffer.of()],
  ])('are refused with %s', (_, bytes) => {
    expect(resultOrFormatError(() => read(bytes))).toMatchObject({ name: 'FormatError' });
  });

  // OpenSSL reads none of these: seen by what OVMF did with them where dbx asks for the signers.
  it.each([
    ['an object identifier that does not end', '06092a864886f70d010101', '06092a864886f70d010181'],
    ['an algorithm that is no SEQUENCE', '300d06096086480165', '000d06096086480165'],
  ])('are refused with %s', (_, from, to) => {
    const hex = toHex(makeSignature(signing));
    const at = hex.lastIndexOf(from);
    const bytes = Buffer.from(hex.slice(0, at) + to + hex.slice(at + from.length), 'hex');
    expect(at).toBeGreaterThan(0);
    expect(resultOrFormatError(() => read(bytes))).toMatchObject({ name: 'FormatError' });
  });

  it('over something else have signers all the same', () => {
    const spc = '2b060104018237020104';
    const hex = toHex(makeSignature(signing)).replace(spc, '2b060104018237020105');
    const bytes = Buffer.from(hex, 'hex');
    const source = bytesSource('test.efi', bytes);
    const range = { offset: 0, size: bytes.length };
    expect(() => readAuthenticodeSignature(source, range)).toThrow('SpcIndirectDataContent');
    const { signers } = readSignedData(source, range);
    expect(signers.map((one) => one.certificate.subject)).toEqual(['CN=signer']);
  });

  it('are refused with more certificates than any chain has', () => {
    const many = Array.from({ length: 65 }, () => certificate);
    expect(() => read(makeSignature({ ...signing, certificates: many }))).toThrow('at most 64');
  });

  it('are refused where they are larger than any signature', () => {
    const source = { ...bytesSource('test.efi', new Uint8Array()), size: 2 ** 40 };
    expect(() => readAuthenticodeSignature(source, { offset: 8, size: 2 ** 39 })).toThrow(
      'at 0x8: expected at most 1048576 bytes of CMS',
    );
  });

  it('give a result or a FormatError however they are damaged', () => {
    fc.assert(
      fc.property(mutations(makeSignature(signing)), (mutated) => {
        resultOrFormatError(() => read(mutated));
      }),
      { numRuns: 2000 },
    );
  });

  function foreignContent(): Buffer {
    const content = contentInfo('2a864886f70d010701', der(0x04));
    return sequence(der(0x02, Buffer.of(1)), der(0x31), content, der(0x31));
  }
});

describe.skipIf(FIXTURES_MISSING)(FIXTURES_MISSING ?? 'signatures of published images', () => {
  const { source } = openFixtures('pcr', {});

  // As sbverify --list names them.
  it.each([
    [
      'shimx64.efi.signed',
      ['Microsoft Windows UEFI Driver Publisher', 'Microsoft UEFI CA 2023 signer'],
    ],
    ['fbx64.efi.signed', ['Debian Secure Boot Signer 2022 - shim']],
  ])('%s', (file, expected) => {
    const image = source(file);
    const signers = readCertificateTable(image, readPe(image))
      .flatMap(({ signedData }) => signedData ?? [])
      .flatMap((range) => readAuthenticodeSignature(image, range).signers);
    expect(signers.map(({ certificate: { subject } }) => subject.split('CN=')[1])).toEqual(
      expected,
    );
  });
});
