import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { readAttestationReport } from './attestation-report.ts';
import { ID_AUTH_BYTES, readIdAuth, signIdBlock } from './id-auth.ts';
import { encodeIdBlock, type IdBlock, readIdBlock } from './id-block.ts';
import { encodePublicKey, keyDigest } from './id-public-key.ts';
import { type IdExpectations, verifyIdBlock } from './id-verify.ts';
import { makeReport } from './testing/make-report.ts';

const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const ID_KEY = newKey();
const AUTHOR_KEY = newKey();
const signer = (key: KeyObject) => ({ key, file: 'key.pem' });

const BLOCK: IdBlock = {
  measurement: new Uint8Array(48).fill(0xaa),
  familyId: new Uint8Array(16).fill(0xf1),
  imageId: new Uint8Array(16).fill(0x1d),
  version: 1,
  guestSvn: 7,
  policy: 0x30000n,
};

const sign = (block: IdBlock, author: KeyObject | undefined = AUTHOR_KEY) =>
  Buffer.from(signIdBlock(encodeIdBlock(block), signer(ID_KEY), author && signer(author)));
const SIGNED = sign(BLOCK);
const AUTHORLESS = Buffer.from(signIdBlock(encodeIdBlock(BLOCK), signer(ID_KEY)));

const idKeyDigest = keyDigest(encodePublicKey(ID_KEY, ''));
const authorKeyDigest = keyDigest(encodePublicKey(AUTHOR_KEY, ''));

/** A report of a guest that was launched with the block. */
function reportOf({ author = true, set = [] as (readonly [number, number])[] } = {}) {
  const all = [
    ...bytesAt(0x04, [7]),
    ...bytesAt(0x10, BLOCK.familyId),
    ...bytesAt(0x20, BLOCK.imageId),
    ...bytesAt(0x48, [author ? 1 : 0]),
    ...bytesAt(0xe0, idKeyDigest),
    ...(author ? bytesAt(0x110, authorKeyDigest) : []),
    ...set,
  ];
  return readAttestationReport(bytesSource('report', makeReport({ set: all }, ID_KEY)));
}

function bytesAt(offset: number, bytes: Iterable<number>): (readonly [number, number])[] {
  return [...bytes].map((byte, index) => [offset + index, byte] as const);
}

/** The names and details of the checks that failed. */
function failures(block: Uint8Array, auth: Uint8Array, expected: IdExpectations = {}) {
  const idBlock = readIdBlock(bytesSource('block', block));
  const idAuth = readIdAuth(bytesSource('auth', auth));
  return verifyIdBlock(idBlock, idAuth, expected).flatMap(({ name, ok, detail }) =>
    ok ? [] : [`${name}: ${detail}`],
  );
}

const patched = (bytes: Uint8Array, at: number, value: number) =>
  Buffer.from(bytes).fill(value, at, at + 1);

describe('an ID block', () => {
  it('stands as the specification has it', () => {
    const bytes = Buffer.from(encodeIdBlock(BLOCK));
    expect(bytes).toHaveLength(96);
    expect(bytes.subarray(0x50).toString('hex')).toBe('01000000070000000000030000000000');
    expect(readIdBlock(bytesSource('block', bytes))).toEqual({
      ...BLOCK,
      measurement: bytes.subarray(0, 0x30),
      familyId: bytes.subarray(0x30, 0x40),
      imageId: bytes.subarray(0x40, 0x50),
    });
  });

  it('is signed by keys and signatures in little-endian', () => {
    expect(SIGNED).toHaveLength(ID_AUTH_BYTES);
    expect(SIGNED.subarray(0, 8).toString('hex')).toBe('0100000001000000');
    const number = (at: number) => Buffer.from(SIGNED.subarray(at, at + 48)).reverse();
    for (const [privateKey, signature, key, signed] of [
      [ID_KEY, 0x40, 0x240, encodeIdBlock(BLOCK)],
      [AUTHOR_KEY, 0x680, 0x880, SIGNED.subarray(0x240, 0x644)],
    ] as const) {
      expect(SIGNED.readUInt32LE(key)).toBe(2);
      const point = Buffer.concat([Uint8Array.of(4), number(key + 4), number(key + 76)]);
      // The end of a SubjectPublicKeyInfo is the point, big-endian (RFC 5480, 2.2).
      const spki = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
      expect(point).toEqual(spki.subarray(-97));
      const rs = Buffer.concat([number(signature), number(signature + 72)]);
      const how = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
      expect(verify('sha384', signed, how, rs)).toBe(true);
    }
  });

  it('verifies', () => {
    const expected = {
      measurement: BLOCK.measurement,
      policy: BLOCK.policy,
      idKeyDigest,
      authorKeyDigest,
      report: reportOf(),
    };
    expect(failures(encodeIdBlock(BLOCK), SIGNED, expected)).toEqual([]);
  });

  it('verifies without an author', () => {
    const report = reportOf({ author: false });
    expect(failures(encodeIdBlock(BLOCK), AUTHORLESS, { idKeyDigest, report })).toEqual([]);
  });

  it('is not signed by a key of another kind', () => {
    const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    for (const [key, kind] of [
      [p256, 'one of ec prime256v1'],
      [rsa, 'one of rsa'],
    ] as const) {
      expect(() => signIdBlock(encodeIdBlock(BLOCK), signer(key))).toThrow(
        `key.pem: at 0x0: expected a key of ECDSA on P-384, found ${kind}`,
      );
      expect(() => signIdBlock(encodeIdBlock(BLOCK), signer(ID_KEY), signer(key))).toThrow(kind);
    }
  });
});

describe('an ID block that is refused', () => {
  const block = encodeIdBlock(BLOCK);
  const other = new Uint8Array(48).fill(0xcd);

  it.each([
    ['for another measurement', patched(block, 3, 1), 'signature: of the ID block: the signature '],
    ['for another policy', patched(block, 0x5a, 1), 'signature: of the ID block: the signature is'],
    ['of another version', patched(block, 0x50, 2), 'form: VERSION of the ID block is 2, not 1'],
  ])('%s', (_, changed, problem) => {
    expect(failures(changed, SIGNED).join('\n')).toContain(problem);
  });

  it.each([
    ['signature', 0x40, 0, 'signature: of the ID block: the signature is not of these bytes'],
    ['large R', 0x40 + 48, 1, 'signature: of the ID block: R or S is larger than the order'],
    ['algorithm', 0, 2, 'signature: of the ID block: ID_KEY_ALGO is 2, not 1'],
    ['curve', 0x240, 1, 'signature: of the ID block: the curve of the key is 1, not 2'],
    ['point', 0x244, 0, 'signature: of the ID block: the point of the key is not on P-384'],
    ['large point', 0x244 + 50, 9, 'signature: of the ID block: the point of the key is not on'],
    ['end of the key', 0x640, 1, 'bytes behind the point of the key are not zero'],
    ['author algorithm', 4, 0, 'author: of the ID key: AUTH_KEY_ALGO is 0, not 1'],
    ['author signature', 0x680, 0, 'author: of the ID key: the signature is not of these bytes'],
    ['author key', 0x884, 0, 'author: of the ID key: the point of the key is not on P-384'],
    ['reserved byte', 0x644, 1, 'form: the reserved byte of ID_AUTH at 0x644 is set'],
  ])('for its %s', (_, at, value, problem) => {
    const before = SIGNED[at];
    const changed = patched(SIGNED, at, before === value ? value + 1 : value);
    expect(failures(block, changed).join('\n')).toContain(problem);
  });

  it('as another author signed the ID key', () => {
    const forged = sign(BLOCK, newKey());
    forged.set(SIGNED.subarray(0x880, 0x880 + 0x404), 0x880);
    expect(failures(block, forged)).toEqual([expect.stringMatching(/^author: of the ID key: /)]);
  });

  it.each([
    ['measurement', { measurement: other }],
    ['policy', { policy: 0xb0000n }],
    ['idKeyDigest', { idKeyDigest: other }],
    ['authorKeyDigest', { authorKeyDigest: other }],
    ['report.measurement', { report: reportOf({ set: [[0x90, 1]] }) }],
    ['report.policy', { report: reportOf({ set: [[0x08, 1]] }) }],
    ['report.guestSvn', { report: reportOf({ set: [[0x04, 8]] }) }],
    ['report.familyId', { report: reportOf({ set: [[0x10, 0]] }) }],
    ['report.imageId', { report: reportOf({ set: [[0x20, 0]] }) }],
    ['report.authorKeyDigest', { report: reportOf({ author: false }) }],
  ])('for its %s', (name, expected) => {
    expect(failures(block, SIGNED, expected)).toEqual([expect.stringContaining(`${name}: `)]);
  });

  it('for the digest of its ID key in a report', () => {
    const at = 0xe0;
    const set = [[at, (idKeyDigest[0] ?? 0) ^ 1] as const];
    const report = reportOf({ set });
    expect(failures(block, SIGNED, { report })).toEqual([
      expect.stringMatching(/^report\.idKeyDigest: /),
    ]);
  });

  it('as it has no author', () => {
    expect(failures(block, AUTHORLESS, { authorKeyDigest })).toEqual([
      expect.stringContaining('authorKeyDigest: ID_AUTH has no author key, not '),
    ]);
    expect(failures(block, AUTHORLESS, { report: reportOf() })).toEqual([
      expect.stringContaining('report.authorKeyDigest: ID_AUTH has no author key, not '),
    ]);
  });
});

describe('damage', () => {
  it.each([0, 95, 97, 4096])('of a block of %i bytes is a FormatError', (size) => {
    expect(() => readIdBlock(bytesSource('block', new Uint8Array(size)))).toThrow(
      `expected an ID block of 96 bytes, found ${size} bytes`,
    );
  });

  it.each([0, 96, 4095, 4097])('of an ID_AUTH of %i bytes is a FormatError', (size) => {
    expect(() => readIdAuth(bytesSource('auth', new Uint8Array(size)))).toThrow(
      `expected an ID_AUTH of 4096 bytes, found ${size} bytes`,
    );
  });

  it('never makes an ID block that verifies', () => {
    const both = Buffer.concat([encodeIdBlock(BLOCK), SIGNED]);
    fc.assert(
      fc.property(mutations(both), (damaged) => {
        const result = resultOrFormatError(() =>
          failures(damaged.subarray(0, 96), damaged.subarray(96)),
        );
        const isOk = Array.isArray(result) && result.length === 0;
        expect(isOk).toBe(Buffer.compare(damaged, both) === 0);
      }),
      { numRuns: 300 },
    );
  });
});
