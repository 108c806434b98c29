import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../bytes/guid.ts';
import { bytesSource } from '../bytes/source.ts';
import { authenticodeDigests } from '../formats/authenticode.ts';
import { winCertificate } from '../formats/efi-program.ts';
import { type EfiVariable, VARIABLE_GUIDS } from '../formats/efi-variable.ts';
import type { HashName } from '../formats/hash-name.ts';
import { readPe } from '../formats/pe.ts';
import { makePe } from '../formats/testing/make-pe.ts';
import { makeCertificate, makeKey, makeSignature } from '../formats/testing/make-signature.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { authoriseImage } from './authorisation.ts';
import { SHIM_LOCK_GUID } from './shim/shim-variables.ts';

const OWNER = guidBytes('77fa9abd-0359-4d32-bd60-28f4e78f784b');
const X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const HASHES = {
  sha1: '826ca512-cf10-4ac9-b187-be01496631bd',
  sha256: 'c1c41626-504c-4092-aca9-41f936934328',
} as const;

const SBAT =
  'sbat,1,SBAT Version,sbat,1,https://example.org\ntest,1,Test,test,1,https://example.org\n';
const SECTIONS = {
  sections: [
    { name: '.text', data: 'code' },
    { name: '.sbat', data: SBAT },
  ],
};
const caKey = makeKey();
const ca = makeCertificate({ subject: 'CA', key: caKey, ca: true });
const key = makeKey();
const leaf = makeCertificate({ subject: 'UKI', key, issuer: { subject: 'CA', key: caKey } });
const foreignKey = makeKey();
const foreign = makeCertificate({ subject: 'foreign', key: foreignKey });

function list(type: string, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(28);
  header.set(guidBytes(type));
  header.writeUInt32LE(28 + 16 + data.length, 16);
  header.writeUInt32LE(16 + data.length, 24);
  return Buffer.concat([header, OWNER, data]);
}

function variable(guid: string, name: string, data: Uint8Array, attributes = 39): EfiVariable {
  return { guid, name, data, attributes, timestamp: undefined };
}

const PK = variable(VARIABLE_GUIDS.global, 'PK', list(X509, ca));
const database = (name: string, ...lists: readonly Uint8Array[]) =>
  variable(VARIABLE_GUIDS.imageSecurity, name, Buffer.concat(lists));
const mok = (name: string, ...lists: readonly Uint8Array[]) =>
  variable(SHIM_LOCK_GUID, name, Buffer.concat(lists), 3);

function digestOf(hash: HashName, made: Parameters<typeof makePe>[0] = SECTIONS): string {
  const source = bytesSource('image', makePe(made));
  return authenticodeDigests(source, readPe(source), [hash])[hash] ?? '';
}

function signed(imageDigest = digestOf('sha256')): Uint8Array {
  const signature = makeSignature({
    imageDigest,
    signers: [{ certificate: leaf, key }],
    certificates: [leaf, ca],
  });
  return makePe({ ...SECTIONS, certificates: [winCertificate(signature)] });
}

function judge(image: Uint8Array, ...variables: readonly EfiVariable[]) {
  const source = bytesSource('image', image);
  return authoriseImage(
    { banks: ['sha256'] },
    source,
    { authenticated: true, variables },
    undefined,
  );
}

const codeOf = (image: Uint8Array, ...variables: readonly EfiVariable[]) => {
  const { verdict } = judge(image, PK, ...variables).firmware;
  return verdict.allowed ? 'boots' : verdict.code;
};

/** UEFI_VARIABLE_DATA of an authority, by its definition (PC Client PFP 1.06, 10.2.6). */
function authorityDigest(guid: string, name: string, data: Uint8Array): string {
  const lengths = Buffer.alloc(16);
  lengths.writeUInt32LE(name.length, 0);
  const entry = Buffer.concat([OWNER, data]);
  lengths.writeUInt32LE(entry.length, 8);
  return createHash('sha256')
    .update(Buffer.concat([guidBytes(guid), lengths, Buffer.from(name, 'utf16le'), entry]))
    .digest('hex');
}

describe('with Secure Boot', () => {
  it.each([
    ['the leaf', leaf],
    ['the CA', ca],
  ])('on, the entry with %s authorises, and is measured', (_, entry) => {
    const { secureBoot, firmware, shim } = judge(signed(), PK, database('db', list(X509, entry)));
    expect([secureBoot, firmware.verdict.allowed, shim]).toEqual(['on', true, undefined]);
    const digest = authorityDigest(VARIABLE_GUIDS.imageSecurity, 'db', entry);
    expect(firmware.events.map(({ digests }) => digests.sha256)).toEqual([digest]);
  });

  it.each([
    ['setup', []],
    ['off', [PK, variable(VARIABLE_GUIDS.secureBootEnable, 'SecureBootEnable', Uint8Array.of(0))]],
  ] as const)('%s, anything boots, and nothing is measured', (state, variables) => {
    const { secureBoot, firmware } = judge(makePe(SECTIONS), ...variables);
    expect([secureBoot, firmware.verdict.allowed, firmware.events]).toEqual([state, true, []]);
  });

  it('on, a MOK entry authorises what the firmware does not', () => {
    const { firmware, shim } = judge(signed(), PK, mok('MokList', list(X509, leaf)));
    expect(firmware.verdict.allowed).toBe(false);
    expect(shim?.verdict.allowed).toBe(true);
    const digest = authorityDigest(SHIM_LOCK_GUID, 'MokListRT', leaf);
    expect(shim?.events.map(({ digests }) => digests.sha256)).toEqual([digest]);
  });

  it('on, MokListX takes back what MokList allows', () => {
    const lists = [mok('MokList', list(X509, ca)), mok('MokListX', list(X509, leaf))];
    expect(judge(signed(), PK, ...lists).shim?.verdict).toMatchObject({
      allowed: false,
      code: 'certificate-in-dbx',
    });
  });

  it('on, SbatLevel takes back what MokList allows', () => {
    const level = (generation: number) =>
      variable(SHIM_LOCK_GUID, 'SbatLevel', Buffer.from(`sbat,1,2024\ntest,${generation}\n`), 3);
    const by = (generation: number) =>
      judge(signed(), PK, mok('MokList', list(X509, leaf)), level(generation)).shim?.verdict;
    expect(by(1)?.allowed).toBe(true);
    expect(by(2)).toMatchObject({ allowed: false, code: 'sbat' });
  });
});

describe('the firmware refuses', () => {
  const db = database('db', list(X509, leaf));
  const hash = Buffer.from(digestOf('sha256'), 'hex');

  it.each([
    ['what nobody signed', makePe(SECTIONS), [db], 'not-signed'],
    [
      'what a stranger signed',
      signed(),
      [database('db', list(X509, foreign))],
      'no-matching-certificate',
    ],
    ['a signature over other bytes', signed('00'.repeat(32)), [db], 'digest-mismatch'],
    ['a digest in dbx', signed(), [db, database('dbx', list(HASHES.sha256, hash))], 'hash-in-dbx'],
    ['a certificate in dbx', signed(), [db, database('dbx', list(X509, ca))], 'certificate-in-dbx'],
  ])('%s', (_, image, variables, code) => {
    expect(codeOf(image, ...variables)).toBe(code);
  });

  it('a table with more than its entries, though one of them is a good signature', () => {
    const image = signed();
    // Eight bytes that are too short for another entry, and are said to belong to the table.
    const longer = Buffer.concat([image, new Uint8Array(8)]);
    const sizeAt = 0x80 + 24 + 112 + 36; // directory 4 of a PE32+ image
    longer.writeUInt32LE(longer.readUInt32LE(sizeAt) + 8, sizeAt);
    expect(codeOf(image, db)).toBe('boots');
    expect(codeOf(longer, db)).toBe('certificate-table');
  });
});

describe('a refused image', () => {
  it('has been measured where its digest is in dbx: the certificate is found first', () => {
    const hash = Buffer.from(digestOf('sha256'), 'hex');
    const dbx = database('dbx', list(HASHES.sha256, hash));
    const { firmware } = judge(signed(), PK, database('db', list(X509, leaf)), dbx);
    expect(firmware.verdict.allowed).toBe(false);
    expect(firmware.events).toHaveLength(1);
  });
});

describe('a signature that is no CMS', () => {
  const garbage = Buffer.from(makeSignature({ imageDigest: '00', signers: [], certificates: [] }));
  garbage.fill(0xff, 60);
  // Byte 1 and byte 32 are all that edk2 looks at to find the hash algorithm.
  garbage[1] = 0x82;
  garbage.set(Buffer.from('608648016503040201', 'hex'), 32);
  const image = makePe({ ...SECTIONS, certificates: [winCertificate(garbage)] });
  const byHash = database('db', list(HASHES.sha256, Buffer.from(digestOf('sha256'), 'hex')));

  it('is passed over where there is no dbx: the digest may be in db', () => {
    expect(codeOf(image, byHash)).toBe('boots');
    expect(codeOf(image, database('db', list(X509, leaf)))).toBe('damaged-signature');
  });

  it('forbids the image where there is one', () => {
    expect(codeOf(image, byHash, database('dbx', list(X509, foreign)))).toBe('damaged-signature');
  });
});

describe('an image that is not signed', () => {
  it('may be in db by its SHA-1', () => {
    const entry = list(HASHES.sha1, Buffer.from(digestOf('sha1'), 'hex'));
    expect(codeOf(makePe(SECTIONS), database('db', entry))).toBe('boots');
  });
});

describe('whatever the image is', () => {
  it('there is a verdict or a FormatError', () => {
    const variables = [
      database('db', list(X509, leaf)),
      database('dbx', list(X509, foreign)),
      mok('MokList', list(X509, leaf)),
    ];
    fc.assert(
      fc.property(mutations(signed()), (bytes) => {
        resultOrFormatError(() => judge(bytes, PK, ...variables));
      }),
    );
  });
});
