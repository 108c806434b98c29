import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { authenticodeDigests } from './authenticode.ts';
import { readAuthenticodeSignature } from './authenticode-signature.ts';
import { findAuthority, verifiesAuthenticode } from './authenticode-verify.ts';
import { EDK2_RULES, SHIM_RULES } from './certificate-chain.ts';
import { readCertificateTable } from './certificate-table.ts';
import { readPe } from './pe.ts';
import { FIXTURES_MISSING, openFixtures } from './testing/fixtures.ts';
import {
  type MadeCertificate,
  makeCertificate,
  makeEcKey,
  makeKey,
  makeSignature,
  type Signing,
} from './testing/make-signature.ts';
import { mutations, resultOrFormatError } from './testing/mutations.ts';

const digests = { sha1: '11'.repeat(20), sha256: '22'.repeat(32), sha512: '44'.repeat(64) };

const keys = { root: makeKey(), middle: makeKey(), leaf: makeKey(), other: makeKey() };
const root = makeCertificate({ subject: 'root', key: keys.root, ca: true });
const middle = certificate({ subject: 'middle', key: keys.middle, ca: true }, 'root');
const leaf = certificate({ subject: 'leaf', key: keys.leaf }, 'middle');
const other = makeCertificate({ subject: 'other', key: keys.other, ca: true });

type Name = keyof typeof keys;

function certificate(made: MadeCertificate, issuer: Name): Uint8Array {
  return makeCertificate({ serial: 2, ...made, issuer: { subject: issuer, key: keys[issuer] } });
}

const signing: Signing = {
  imageDigest: digests.sha256,
  signers: [{ certificate: leaf, key: keys.leaf }],
  certificates: [leaf, middle],
};

function signature(changes: Partial<Signing> = {}) {
  return read(makeSignature({ ...signing, ...changes }));
}

function read(bytes: Uint8Array) {
  const source = bytesSource('test.efi', bytes);
  return readAuthenticodeSignature(source, { offset: 0, size: bytes.length });
}

function selfSigned(changes: Partial<MadeCertificate>, change: Partial<Signing> = {}) {
  const alone = makeCertificate({ subject: 'leaf', key: keys.leaf, ...changes });
  const key = changes.key ?? keys.leaf;
  const signed = signature({
    signers: [{ certificate: alone, key }],
    certificates: [alone],
    ...change,
  });
  return { alone, signed };
}

describe('a signature verifies', () => {
  it.each([
    ['the root that is not embedded', root],
    ['an embedded certificate between', middle],
    ["the signer's own certificate", leaf],
  ])('with %s', (_, trusted) => {
    expect(verifiesAuthenticode(signature(), digests, trusted)).toBe(true);
  });

  it('with the root embedded as well', () => {
    const signed = signature({ certificates: [root, middle, leaf] });
    expect(verifiesAuthenticode(signed, digests, root)).toBe(true);
  });

  it('with a self-signed certificate that is no CA', () => {
    const { alone, signed } = selfSigned({});
    expect(verifiesAuthenticode(signed, digests, alone)).toBe(true);
  });

  it('with certificates long expired', () => {
    const { alone, signed } = selfSigned({ years: [2001, 2002] });
    expect(verifiesAuthenticode(signed, digests, alone)).toBe(true);
  });

  it('without signed attributes', () => {
    expect(verifiesAuthenticode(signature({ withoutAttributes: true }), digests, root)).toBe(true);
  });

  it.each(['sha1', 'sha512'] as const)('over the %s digest', (hash) => {
    const signed = signature({ hash, imageDigest: digests[hash] });
    expect(verifiesAuthenticode(signed, digests, root)).toBe(true);
  });

  it('with a root of version 1, that cannot say that it is a CA', () => {
    const old = makeCertificate({ subject: 'root', key: keys.root, version: 1 });
    expect(verifiesAuthenticode(signature(), digests, old)).toBe(true);
  });

  it("with the signer's own, and not its issuer's, where both have one name", () => {
    const issuer = makeCertificate({ subject: 'same', key: keys.root, ca: true });
    const own = makeCertificate({
      subject: 'same',
      key: keys.leaf,
      issuer: { subject: 'same', key: keys.root },
    });
    const signed = signature({
      signers: [{ certificate: own, key: keys.leaf }],
      certificates: [own],
    });
    expect(verifiesAuthenticode(signed, digests, own)).toBe(true);
    expect(verifiesAuthenticode(signed, digests, issuer)).toBe(false);
  });

  it('where every signer is trusted', () => {
    const second = certificate({ subject: 'second', key: keys.other, serial: 3 }, 'middle');
    const signers = [...signing.signers, { certificate: second, key: keys.other }];
    const signed = signature({ signers, certificates: [leaf, second, middle] });
    expect(verifiesAuthenticode(signed, digests, root)).toBe(true);
    expect(verifiesAuthenticode(signed, digests, leaf)).toBe(false);
  });
});

describe('a chain', () => {
  // What shim 16.1 and OVMF did with such signatures: shim started the first image, OVMF did not.
  const damaged = Buffer.from(root);
  damaged[damaged.indexOf(Buffer.from('0282010100', 'hex')) + 40] = 0x55;
  const direct = certificate({ subject: 'direct', key: keys.leaf }, 'root');
  const signers = [{ certificate: direct, key: keys.leaf }];
  const signed = signature({ signers, certificates: [direct, damaged] });

  it('has a self-signed end that shim leaves out, and edk2 does not', () => {
    expect(verifiesAuthenticode(signed, digests, direct, SHIM_RULES)).toBe(true);
    expect(verifiesAuthenticode(signed, digests, direct, EDK2_RULES)).toBe(false);
  });

  it.each([
    ['the root', root],
    ['one between', middle],
    ['the signer', leaf],
  ])('leads to %s for shim as well', (_, trusted) => {
    const whole = signature({ certificates: [leaf, middle, root] });
    expect(verifiesAuthenticode(whole, digests, trusted, SHIM_RULES)).toBe(true);
    expect(verifiesAuthenticode(whole, digests, other, SHIM_RULES)).toBe(false);
  });

  it('with elliptic curves verifies where the firmware was built with them', () => {
    const { alone, signed: curved } = selfSigned({ key: makeEcKey() });
    const keysOfBuild = ['rsa', 'ec'] as const;
    const rules = { ...EDK2_RULES, keys: keysOfBuild };
    expect(verifiesAuthenticode(curved, digests, alone, rules)).toBe(true);
    expect(verifiesAuthenticode(curved, digests, alone, EDK2_RULES)).toBe(false);
  });
});

describe('a signature does not verify', () => {
  it.each([
    ['with another certificate', other],
    ['with bytes that are no certificate', new Uint8Array(64)],
    [
      "with another root of the right one's name",
      makeCertificate({ subject: 'root', key: keys.other, ca: true }),
    ],
    [
      "with another certificate of the signer's name",
      certificate({ subject: 'leaf', key: keys.other }, 'middle'),
    ],
    ['with a root that is no CA', makeCertificate({ subject: 'root', key: keys.root })],
  ])('%s', (_, trusted) => {
    expect(verifiesAuthenticode(signature(), digests, trusted)).toBe(false);
  });

  it('over another image', () => {
    const elsewhere = { ...digests, sha256: '33'.repeat(32) };
    expect(verifiesAuthenticode(signature(), elsewhere, root)).toBe(false);
    expect(verifiesAuthenticode(signature(), {}, root)).toBe(false);
  });

  it('where a certificate of the chain is missing', () => {
    expect(verifiesAuthenticode(signature({ certificates: [leaf] }), digests, root)).toBe(false);
  });

  it('where a certificate between is no CA', () => {
    const weak = certificate({ subject: 'middle', key: keys.middle }, 'root');
    const signed = signature({ certificates: [leaf, weak] });
    expect(verifiesAuthenticode(signed, digests, root)).toBe(false);
  });

  it('where another key made it', () => {
    const signers = [{ certificate: leaf, key: keys.other }];
    expect(verifiesAuthenticode(signature({ signers }), digests, root)).toBe(false);
    const signed = signature({ signers, withoutAttributes: true });
    expect(verifiesAuthenticode(signed, digests, root)).toBe(false);
  });

  it('where nobody signed', () => {
    expect(verifiesAuthenticode(signature({ signers: [] }), digests, root)).toBe(false);
  });

  it('with a key that is not RSA', () => {
    const { alone, signed } = selfSigned({ key: makeEcKey() });
    expect(verifiesAuthenticode(signed, digests, alone)).toBe(false);
  });

  it('where the signed attributes belong to another content', () => {
    const foreign = read(makeSignature({ ...signing, imageDigest: '33'.repeat(32) }));
    const signed = { ...signature(), signers: foreign.signers };
    expect(verifiesAuthenticode(signed, digests, root)).toBe(false);
  });

  it('over another image, however its bytes are changed', () => {
    const elsewhere = { sha1: '66'.repeat(20), sha256: '33'.repeat(32), sha512: '77'.repeat(64) };
    fc.assert(
      fc.property(mutations(makeSignature(signing)), (mutated) => {
        const changed = resultOrFormatError(() => read(mutated));
        if ('signers' in changed) {
          expect(verifiesAuthenticode(changed, elsewhere, leaf)).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the authority of an image', () => {
  it('is the first certificate in the order of db', () => {
    expect(findAuthority([signature()], digests, [other, middle, root])).toEqual({
      signature: 0,
      trusted: 1,
    });
  });

  it('is looked for signature by signature', () => {
    const { alone, signed } = selfSigned({ subject: 'alone', key: keys.other });
    expect(findAuthority([signed, signature()], digests, [root, alone])).toEqual({
      signature: 0,
      trusted: 1,
    });
    expect(findAuthority([signed, signature()], digests, [root])).toEqual({
      signature: 1,
      trusted: 0,
    });
  });

  it('does not exist without a trusted certificate', () => {
    expect(findAuthority([signature()], digests, [other])).toBeUndefined();
    expect(findAuthority([], digests, [root])).toBeUndefined();
  });
});

describe.skipIf(FIXTURES_MISSING)(FIXTURES_MISSING ?? "the authority of Debian's shim", () => {
  const { source } = openFixtures('pcr', {});

  // sbverify --list: two signatures, each with its issuer's certificate embedded.
  it.each([
    ['Microsoft Corporation UEFI CA 2011', 0],
    ['Microsoft UEFI CA 2023', 1],
  ])('is %s', (issuer, expected) => {
    const image = source('shimx64.efi.signed');
    const pe = readPe(image);
    const signatures = readCertificateTable(image, pe)
      .flatMap(({ signedData }) => signedData ?? [])
      .map((range) => readAuthenticodeSignature(image, range));
    const imageDigests = authenticodeDigests(image, pe, ['sha256']);
    const authority = signatures
      .flatMap(({ certificates }) => certificates)
      .find(({ der }) => new X509Certificate(der).subject.endsWith(`CN=${issuer}`));
    const trusted = authority === undefined ? [] : [authority.der];
    expect(findAuthority(signatures, imageDigests, trusted)).toEqual({
      signature: expected,
      trusted: 0,
    });
  });
});
