import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { bytesSource } from '../bytes/source.ts';
import type { Bank } from '../measure/bank.ts';
import { readAttest } from './attest.ts';
import { modulusBytes, readAttestationKey } from './attestation-key.ts';
import { sized, u16, u32 } from './marshal.ts';
import { objectName } from './object-name.ts';
import { type QuoteExpectations, verifyQuote } from './quote-verify.ts';
import { readSignature } from './signature.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import {
  AK_ATTRIBUTES,
  attestHead,
  type MadeQuote,
  makeAttest,
  makePublicArea,
  signAttest,
  signBare,
} from './testing/made-quote.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });

const NONCE = Buffer.from('0123456789abcdef', 'hex');
const VALUES = {
  sha1: { 4: '11'.repeat(20) },
  sha256: Object.fromEntries(
    Array.from({ length: 16 }, (_, pcr) => [pcr, `${pcr}`.padStart(64, '0')]),
  ),
};
const MADE: MadeQuote = {
  nonce: NONCE,
  select: [{ bank: 'sha256', pcrs: [0, 4, 7, 11] }],
  values: VALUES,
  hash: 'sha256',
};
const ATTEST = makeAttest(MADE);
const SIGNATURE = signAttest(ATTEST, rsa.privateKey, 'sha256', 'rsassa');
const AK = makePublicArea(rsa.publicKey);
const QUOTED = { sha256: pick(0, 4, 7, 11) };
const EXPECTED: QuoteExpectations = { nonce: NONCE, pcrs: QUOTED };

function pick(...pcrs: readonly number[]): Readonly<Record<number, string>> {
  return Object.fromEntries(pcrs.map((pcr) => [pcr, VALUES.sha256[pcr] ?? '']));
}

function verify(
  attest: Uint8Array,
  signature: Uint8Array,
  ak: Uint8Array,
  expected: QuoteExpectations = EXPECTED,
) {
  const key = readAttestationKey(bytesSource('ak', ak));
  const quote = {
    attest: readAttest(bytesSource('attest', attest)),
    signature: readSignature(bytesSource('signature', signature), modulusBytes(key)),
  };
  return verifyQuote(quote, key, expected);
}

/** Names of the checks that fail. */
function failed(...input: Parameters<typeof verify>): readonly string[] {
  return verify(...input).flatMap(({ name, ok }) => (ok ? [] : [name]));
}

const signed = (made: MadeQuote) => {
  const attest = makeAttest(made);
  return [attest, signAttest(attest, rsa.privateKey, 'sha256', 'rsassa'), AK] as const;
};

describe('a quote', () => {
  it('verifies, and shows its clock and its firmware', () => {
    const checks = verify(ATTEST, SIGNATURE, AK);
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    const details = Object.fromEntries(checks.map(({ name, detail }) => [name, detail]));
    expect(details).toMatchObject({
      clock: '12345 ms, resetCount 6, restartCount 7, safe',
      firmwareVersion: '0x2019102300163636',
      selection: 'sha256:0,4,7,11',
      nonce: '0123456789abcdef',
    });
  });

  it.each([
    ['RSASSA, SHA-1', rsa, 'sha1', 'rsassa'],
    ['RSASSA, SHA-256', rsa, 'sha256', 'rsassa'],
    ['RSASSA, SHA-384', rsa, 'sha384', 'rsassa'],
    ['RSASSA, SHA-512', rsa, 'sha512', 'rsassa'],
    ['RSAPSS, SHA-256', rsa, 'sha256', 'rsapss'],
    ['RSAPSS, SHA-384', rsa, 'sha384', 'rsapss'],
    ['ECDSA on P-256, SHA-256', p256, 'sha256', 'ecdsa'],
    ['ECDSA on P-384, SHA-384', p384, 'sha384', 'ecdsa'],
    ['ECDSA on P-521, SHA-512', p521, 'sha512', 'ecdsa'],
  ] as const)('may be signed with %s', (_what, { privateKey, publicKey }, hash, scheme) => {
    const attest = makeAttest({ ...MADE, hash: hash as Bank });
    const area = makePublicArea(publicKey);
    const signature = signAttest(attest, privateKey, hash, scheme);
    const bare = signBare(attest, privateKey, hash, scheme);
    for (const form of [signature, sized(signature), bare]) {
      expect(failed(attest, form, area)).toEqual([]);
      expect(failed(ATTEST.with(-1, 0), form, area)).toContain('signature');
    }
  });

  it('may be of two banks, and of values of more banks than are quoted', () => {
    const select = [
      { bank: 'sha256', pcrs: [0] },
      { bank: 'sha1', pcrs: [4] },
    ] as const;
    const pcrs = { sha1: VALUES.sha1, sha256: pick(0), sha384: { 0: '22'.repeat(48) } };
    expect(failed(...signed({ ...MADE, select }), { pcrs })).toEqual([]);
  });

  it('is refused by the check that names what is wrong', () => {
    expect(failed(ATTEST, SIGNATURE, AK, { nonce: Buffer.from('other') })).toEqual(['nonce']);
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    expect(failed(ATTEST, SIGNATURE, makePublicArea(other))).toEqual(['signature']);
    const changed = { sha256: { ...pick(0, 4, 7), 11: 'ff'.repeat(32) } };
    expect(failed(ATTEST, SIGNATURE, AK, { pcrs: changed })).toEqual(['pcrDigest']);
    expect(failed(...signed({ ...MADE, magic: 0x1234_5678 }))).toEqual(['magic']);
  });

  it('whose key signs anything, or may leave its TPM, is refused', () => {
    const area = (without: number) => makePublicArea(rsa.publicKey, AK_ATTRIBUTES & ~without);
    expect(failed(ATTEST, SIGNATURE, area(1 << 16))).toEqual(['restricted']);
    expect(failed(ATTEST, SIGNATURE, area(1 << 18))).toEqual(['restricted']);
    expect(failed(ATTEST, SIGNATURE, area(1 << 1))).toEqual(['fixedTPM']);
    const decrypts = makePublicArea(rsa.publicKey, AK_ATTRIBUTES | (1 << 17));
    expect(failed(ATTEST, SIGNATURE, decrypts)).toEqual(['restricted']);
    const pem = Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'spki' }));
    expect(failed(ATTEST, SIGNATURE, pem)).toEqual([]);
  });

  it('says what was found and what should have been', () => {
    const detailsOf = (...input: Parameters<typeof verify>) =>
      Object.fromEntries(verify(...input).map(({ name, detail }) => [name, detail]));
    const name = objectName('sha256', AK);
    expect(detailsOf(ATTEST, SIGNATURE, AK, { akName: name })).toMatchObject({
      name,
      restricted: 'the AK signs only what its TPM made',
      fixedTPM: 'the AK never leaves its TPM',
      magic: 'TPM_GENERATED_VALUE',
      type: 'TPM_ST_ATTEST_QUOTE',
    });
    const foreign = makePublicArea(rsa.publicKey, 0);
    const nonce = new Uint8Array(0);
    const [attest, signature] = signed({ ...MADE, magic: 0x12 });
    const found = detailsOf(attest, signature, foreign, { akName: name, nonce });
    expect(found).toMatchObject({
      name: `${objectName('sha256', foreign)}, not ${name}`,
      restricted: 'the AK is no restricted signing key: objectAttributes 0x00000000',
      fixedTPM: 'the AK can be taken to another TPM: objectAttributes 0x00000000',
      magic: '0x00000012 is not TPM_GENERATED_VALUE',
      nonce: '0123456789abcdef, not none',
    });
    const pem = Buffer.from(rsa.publicKey.export({ format: 'pem', type: 'spki' }));
    expect(detailsOf(ATTEST, SIGNATURE, pem, { akName: name })['name']).toBe(
      `without a name, not ${name}`,
    );
  });

  it('that selects less than is asked is refused', () => {
    const pcrs = { sha256: pick(0, 4, 7, 11, 12) };
    expect(failed(ATTEST, SIGNATURE, AK, { pcrs })).toEqual(['selection']);
    const select = [{ bank: 'sha256', pcrs: [0, 4] }] as const;
    expect(failed(ATTEST, SIGNATURE, AK, { pcrs, select })).toEqual([]);
    const inSha1 = [{ bank: 'sha1', pcrs: [0] }] as const;
    expect(failed(ATTEST, SIGNATURE, AK, { select: inSha1 })).toEqual(['selection']);
    expect(failed(...signed({ ...MADE, select: [] }), {})).toEqual(['selection']);
  });

  it('of a bank that no TPM has is refused', () => {
    const selections = Buffer.concat([u32(1), u16(0x0099), Uint8Array.of(1, 1)]);
    expect(failed(...signed({ ...MADE, selections }), {})).toEqual(['selection']);
  });

  it('of a PCR without a value is refused', () => {
    const pcrs = { sha256: pick(0, 4, 7) };
    expect(failed(ATTEST, SIGNATURE, AK, { pcrs })).toEqual(['pcrDigest']);
    expect(failed(ATTEST, SIGNATURE, AK, { pcrs: { sha1: VALUES.sha1 } })).toEqual(['pcrDigest']);
  });

  it.each([0x8014, 0x8015, 0x8016, 0x8017, 0x8019, 0x801a, 0x801b, 0x801c])(
    'that is an attestation of type %i is refused by its type',
    (type) => {
      const name = sized(Buffer.alloc(34));
      const bodies: Readonly<Record<number, Uint8Array>> = {
        32788: Buffer.concat([name, u16(0), name]),
        32789: Buffer.concat([Buffer.alloc(8), u16(0x000b), name, name]),
        32790: Buffer.concat([Uint8Array.of(1), name]),
        32793: Buffer.alloc(8 + 17 + 8),
      };
      const body = bodies[type] ?? Buffer.concat([name, name]);
      const attest = Buffer.concat([attestHead({ type, nonce: NONCE }), body]);
      const signature = signAttest(attest, rsa.privateKey, 'sha256', 'rsassa');
      expect(failed(attest, signature, AK)).toEqual(['type']);
      const said = verify(attest, signature, AK).find(({ name: check }) => check === 'type');
      expect(said?.detail).toMatch(/^(?:TPM_ST_ATTEST_[A-Z_]+|0x801b) is no quote(?:: |$)/);
    },
  );

  it('whose type was changed is refused by it, and by its signature', () => {
    const changed = Buffer.from(ATTEST);
    changed.writeUInt16BE(0x8017, 4);
    expect(failed(changed, SIGNATURE, AK)).toEqual(['signature', 'type']);
  });

  it.each([
    ['no signature', u16(0x0010)],
    ['HMAC', Buffer.concat([u16(0x0005), u16(0x000b), Buffer.alloc(32)])],
    ['ECDAA', Buffer.concat([u16(0x001a), u16(0x000b), sized(Buffer.alloc(32)), u16(0)])],
    ['ECDSA by an RSA key', signAttest(ATTEST, p256.privateKey, 'sha256', 'ecdsa')],
    ['a hash of no size', Buffer.concat([u16(0x0014), u16(0x0012), sized(Buffer.alloc(256))])],
    ['a signature of no bytes', Buffer.concat([u16(0x0014), u16(0x000b), u16(0)])],
    ['a bare signature of zeros', Buffer.alloc(256)],
    ['a bare signature of a larger key', Buffer.alloc(384, 0xaa)],
  ])('with %s is refused by its signature', (_what, signature) => {
    expect(failed(ATTEST, signature, AK)).toContain('signature');
  });

  it('with a bare RSA signature is refused by its signature for a key on a curve', () => {
    const bare = signBare(ATTEST, rsa.privateKey, 'sha256', 'rsassa');
    expect(failed(ATTEST, bare, makePublicArea(p256.publicKey))).toEqual(['signature']);
  });

  it('whose R is larger than the curve is refused by its signature', () => {
    const part = sized(Buffer.alloc(33, 0xff));
    const signature = Buffer.concat([u16(0x0018), u16(0x000b), part, part]);
    expect(failed(ATTEST, signature, makePublicArea(p256.publicKey))).toEqual(['signature']);
  });
});

describe('a quote with an event log', () => {
  const replayed = { sha256: pick(0, 1, 2, 3, 4, 5, 6, 7) };

  it('verifies where the log replays to the values', () => {
    expect(failed(ATTEST, SIGNATURE, AK, { ...EXPECTED, replayed })).toEqual([]);
  });

  it('is refused where the log replays to others, or leaves out a PCR of the firmware', () => {
    const other = { sha256: { ...replayed.sha256, 7: 'ff'.repeat(32) } };
    expect(failed(ATTEST, SIGNATURE, AK, { ...EXPECTED, replayed: other })).toEqual(['eventlog']);
    const without = { sha256: pick(0, 1, 2, 3, 4, 5, 6) };
    expect(failed(ATTEST, SIGNATURE, AK, { ...EXPECTED, replayed: without })).toEqual(['eventlog']);
    const sha1 = { sha1: VALUES.sha1 };
    expect(failed(ATTEST, SIGNATURE, AK, { ...EXPECTED, replayed: sha1 })).toEqual(['eventlog']);
  });

  it('and no values must be explained by the log alone', () => {
    expect(failed(ATTEST, SIGNATURE, AK, { replayed })).toEqual(['eventlog']);
    const select = [{ bank: 'sha256', pcrs: [0, 4, 7] }] as const;
    expect(failed(...signed({ ...MADE, select }), { replayed })).toEqual([]);
  });

  it('may quote PCRs that nothing has extended', () => {
    const reset = { 16: '00'.repeat(32), 17: 'ff'.repeat(32), 23: '00'.repeat(32) };
    const values = { sha256: { ...pick(0), ...reset } };
    const select = [{ bank: 'sha256', pcrs: [0, 16, 17, 23] }] as const;
    expect(failed(...signed({ ...MADE, select, values }), { replayed })).toEqual([]);
  });
});

describe('a signature', () => {
  it('of changed bytes gives a value or a FormatError', () => {
    const ecdsa = signAttest(ATTEST, p256.privateKey, 'sha256', 'ecdsa');
    for (const sound of [SIGNATURE, ecdsa, sized(SIGNATURE)]) {
      fc.assert(
        fc.property(changedBytes(sound), (bytes) => {
          valueOrFormatError(() => readSignature(bytesSource('signature', bytes), 256));
        }),
      );
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['an algorithm that is no signature’s', u16(0x0001)],
    ['a number cut short', SIGNATURE.subarray(0, -1)],
    ['something behind', Buffer.concat([SIGNATURE, new Uint8Array(1)])],
    ['a size that is wrong', Buffer.concat([u16(3), SIGNATURE])],
  ])('of %s is refused', (_what, bytes) => {
    const read = () => readSignature(bytesSource('signature', bytes), 256);
    expect(read).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });
});

describe('a quote with one bit flipped', () => {
  it.each([
    ['RSASSA', rsa, 'rsassa'],
    ['ECDSA', p256, 'ecdsa'],
  ] as const)('anywhere is not accepted: %s', (_what, { privateKey, publicKey }, scheme) => {
    const ak = makePublicArea(publicKey);
    const signature = signAttest(ATTEST, privateKey, 'sha256', scheme);
    const accepts = (attest: Uint8Array, sig: Uint8Array) => {
      const found = valueOrFormatError(() => failed(attest, sig, ak, {}));
      return !(found instanceof FormatError) && found.length === 0;
    };
    expect(accepts(ATTEST, signature)).toBe(true);
    expect(flips(ATTEST).filter((attest) => accepts(attest, signature))).toEqual([]);
    expect(flips(signature).filter((sig) => accepts(ATTEST, sig))).toEqual([]);
  });
});

function flips(bytes: Uint8Array): readonly Uint8Array[] {
  return Array.from({ length: bytes.length * 8 }, (_, bit) =>
    Uint8Array.from(bytes, (byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)),
  );
}
