import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { bytesSource } from '../../bytes/source.ts';
import { authenticodeDigests } from '../../formats/authenticode.ts';
import { winCertificate } from '../../formats/efi-program.ts';
import { type EfiVariable, VARIABLE_GUIDS } from '../../formats/efi-variable.ts';
import { readPe } from '../../formats/pe.ts';
import { makePe } from '../../formats/testing/make-pe.ts';
import { makeCertificate, makeKey, makeSignature } from '../../formats/testing/make-signature.ts';
import { readImageSignatures } from './image-signatures.ts';
import { verifyImage } from './image-verification.ts';
import { readSignatureDatabases } from './signature-databases.ts';

const OWNER = guidBytes('77fa9abd-0359-4d32-bd60-28f4e78f784b');
const TYPES = {
  x509: 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072',
  sha256: 'c1c41626-504c-4092-aca9-41f936934328',
  sha512: '093e0fae-a6c4-4f50-9f1b-d41e2b89c19a',
  'x509-sha256': '3bd2a492-96c0-4079-b420-fcf98ef103ed',
} as const;

const SECTIONS = { sections: [{ name: '.text', data: 'code' }] };
const key = makeKey();
const signer = makeCertificate({ subject: 'signer', key });
const otherKey = makeKey();
const other = makeCertificate({ subject: 'other', key: otherKey });

/** EFI_SIGNATURE_LIST (UEFI 2.11, 32.4.1). */
function list(type: keyof typeof TYPES, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(28);
  header.set(guidBytes(TYPES[type]));
  header.writeUInt32LE(28 + 16 + data.length, 16);
  header.writeUInt32LE(16 + data.length, 24);
  return Buffer.concat([header, OWNER, data]);
}

function database(name: string, lists: readonly Uint8Array[]): EfiVariable {
  const data = Buffer.concat(lists);
  return { guid: VARIABLE_GUIDS.imageSecurity, name, data, attributes: 39, timestamp: undefined };
}

function digest(hash: 'sha256' | 'sha512'): string {
  const source = bytesSource('image', makePe(SECTIONS));
  return authenticodeDigests(source, readPe(source), [hash])[hash] ?? '';
}

function signed(...signers: readonly { certificate: Uint8Array; key: typeof key }[]): Uint8Array {
  // The table does not take part in the digest, but for its entry in the headers, which is left out.
  const certificates = signers.map((one) =>
    winCertificate(
      makeSignature({
        imageDigest: digest('sha256'),
        signers: [one],
        certificates: [one.certificate],
      }),
    ),
  );
  return makePe({ ...SECTIONS, certificates });
}

/** Databases by their names. */
type Lists = Partial<Readonly<Record<'db' | 'dbx' | 'dbt', readonly Uint8Array[]>>>;

function verdict(image: Uint8Array, { db = [], dbx = [], dbt = [] }: Lists) {
  const source = bytesSource('image', image);
  const pe = readPe(source);
  const variables = [
    ...(db.length > 0 ? [database('db', db)] : []),
    ...(dbx.length > 0 ? [database('dbx', dbx)] : []),
    ...(dbt.length > 0 ? [database('dbt', dbt)] : []),
  ];
  return verifyImage(
    readImageSignatures(source, pe),
    authenticodeDigests(source, pe, ['sha256', 'sha384', 'sha512']),
    readSignatureDatabases({ variables }),
  );
}

const allowedBy = (...data: readonly Uint8Array[]) => ({
  allowed: true,
  authorities: data.map((bytes) => ({
    variable: { guid: VARIABLE_GUIDS.imageSecurity, name: 'db' },
    signature: Buffer.concat([OWNER, bytes]),
  })),
});

const hex = (text: string) => Buffer.from(text, 'hex');

describe('a signed image', () => {
  const image = signed({ certificate: signer, key });

  it('is allowed by the first certificate of db that it leads to', () => {
    const db = [list('x509', other), list('x509', signer), list('x509', signer)];
    const result = verdict(image, { db });
    expect(result).toEqual(allowedBy(signer));
  });

  it('is allowed by its digest, where no certificate allows it', () => {
    const db = [list('x509', other), list('sha256', hex(digest('sha256')))];
    expect(verdict(image, { db })).toEqual(allowedBy(hex(digest('sha256'))));
  });

  it('is allowed by any of its signatures', () => {
    const twice = signed({ certificate: other, key: otherKey }, { certificate: signer, key });
    expect(verdict(twice, { db: [list('x509', signer)] })).toEqual(allowedBy(signer));
  });

  it('is refused where db knows nothing of it', () => {
    const reason = 'nothing in db allows it';
    const refusal = { allowed: false, code: 'no-matching-certificate', reason, authorities: [] };
    expect(verdict(image, {})).toEqual(refusal);
    expect(verdict(image, { db: [list('x509', other)] })).toEqual(refusal);
  });

  it('is refused where dbx knows its digest, its certificate or its certificate by hash', () => {
    const db = [list('x509', signer)];
    // TBSCertificate: its header of four bytes follows that of the certificate.
    const length = 4 + Buffer.from(signer).readUInt16BE(6);
    const toBeSigned = createHash('sha256')
      .update(signer.subarray(4, 4 + length))
      .digest();
    const revoked = Buffer.concat([toBeSigned, new Uint8Array(16)]);
    const dbxs = [
      list('sha256', hex(digest('sha256'))),
      list('x509', signer),
      list('x509-sha256', revoked),
    ];
    for (const dbx of dbxs) expect(verdict(image, { db, dbx: [dbx] }).allowed).toBe(false);
    expect(verdict(image, { db, dbx: [list('x509', other)] }).allowed).toBe(true);
  });

  it('is refused by a certificate that is revoked from a date on, and says where it might not be', () => {
    const length = 4 + Buffer.from(signer).readUInt16BE(6);
    const toBeSigned = createHash('sha256')
      .update(signer.subarray(4, 4 + length))
      .digest();
    const dbx = (year: number) => [
      list('x509-sha256', Buffer.concat([toBeSigned, Buffer.alloc(16, year)])),
    ];
    const db = [list('x509', signer)];
    const dbt = [list('x509', other)];
    const reason = (lists: Lists) => {
      const given = verdict(image, lists);
      return given.allowed ? '' : given.reason;
    };
    expect(reason({ db, dbx: dbx(1), dbt })).toContain('from a date on');
    expect(reason({ db, dbx: dbx(0), dbt })).not.toContain('from a date on');
    // Without dbt no time stamp is trusted.
    expect(reason({ db, dbx: dbx(1) })).toBe('the hash of a certificate that signs it is in dbx');
  });
});

describe('an image that is not signed', () => {
  const image = makePe(SECTIONS);

  it('is allowed by its digests, the longest first', () => {
    const db = [
      list('sha256', hex(digest('sha256'))),
      list('x509', signer),
      list('sha512', hex(digest('sha512'))),
    ];
    expect(verdict(image, { db })).toEqual(allowedBy(hex(digest('sha512')), hex(digest('sha256'))));
  });

  it('is refused otherwise', () => {
    const inDb = list('sha256', hex(digest('sha256')));
    expect(verdict(image, { db: [list('x509', signer)] })).toMatchObject({
      allowed: false,
      reason: 'it is not signed, and its digest is not in db',
    });
    expect(verdict(image, { db: [inDb], dbx: [inDb] }).allowed).toBe(false);
  });
});
