import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readAttestationKey } from './attestation-key.ts';
import { sized, u16, u32 } from './marshal.ts';
import { readPublicArea } from './public-area.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import { AK_ATTRIBUTES, makePublicArea } from './testing/made-quote.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
const p521 = generateKeyPairSync('ec', { namedCurve: 'P-521' }).publicKey;

const read = (bytes: Uint8Array | string) =>
  readAttestationKey(bytesSource('ak', Buffer.from(bytes)));

const FORMS: readonly [string, (key: KeyObject) => Uint8Array | string][] = [
  ['PEM', (key) => key.export({ format: 'pem', type: 'spki' })],
  ['DER', (key) => key.export({ format: 'der', type: 'spki' })],
  ['JWK', (key) => JSON.stringify({ kid: 'HCLAkPub', ...key.export({ format: 'jwk' }) })],
  ['TPMT_PUBLIC', (key) => makePublicArea(key)],
  ['TPM2B_PUBLIC', (key) => sized(makePublicArea(key))],
];

const empty = sized(new Uint8Array());
const head = (type: number) => Buffer.concat([u16(type), u16(0x000b), u32(AK_ATTRIBUTES), empty]);

describe('an attestation key', () => {
  it.each(FORMS)('may be in %s', (_form, write) => {
    for (const key of [rsa, p256, p384, p521]) {
      const found = read(write(key)).key;
      expect(typeof found === 'string' ? found : found.equals(key)).toBe(true);
    }
  });

  it('may be an RSAPublicKey, in PEM and DER', () => {
    for (const form of [
      rsa.export({ format: 'pem', type: 'pkcs1' }),
      rsa.export({ format: 'der', type: 'pkcs1' }),
    ]) {
      expect(read(form).key).toEqual(rsa);
    }
  });

  it('shows its attributes only in the forms of a TPM', () => {
    expect(read(makePublicArea(rsa)).area?.attributes).toBe(AK_ATTRIBUTES);
    expect(read(rsa.export({ format: 'pem', type: 'spki' })).area).toBeUndefined();
  });

  it('of schemes and symmetric algorithms is read to its end', () => {
    const modulus = sized(Buffer.alloc(256, 0xc1));
    const parms = Buffer.concat([
      ...[u16(0x0006), u16(128), u16(0x0043)],
      ...[u16(0x0014), u16(0x000b)],
      ...[u16(2048), u32(0)],
    ]);
    const area = readPublicArea(bytesSource('ak', Buffer.concat([head(0x0001), parms, modulus])));
    expect(area.key).toMatchObject({
      kind: 'rsa',
      symmetric: { algorithm: 0x0006, keyBits: 128, mode: 0x0043 },
      scheme: { algorithm: 0x0014, hash: 0x000b },
      exponent: 65_537,
    });
  });

  it.each([
    ['a keyed hash', [u16(0x0005), u16(0x000b), empty], 0x0008],
    ['a symmetric key', [u16(0x0006), u16(128), u16(0x0043), empty], 0x0025],
    ['a key on a curve of a pairing', eccOn(0x0010, 32), 0x0023],
    ['a point with a coordinate too large', eccOn(0x0003, 33), 0x0023],
    ['a point that is not on the curve', eccOn(0x0003, 32), 0x0023],
  ])('that is %s verifies nothing, and says why', (_what, parts, type) => {
    const { key, area } = read(Buffer.concat([head(type), ...parts]));
    expect(key).toBeTypeOf('string');
    expect(area).toBeDefined();
  });

  it.each([
    ['nothing', ''],
    ['a text', 'no key at all'],
    ['a private key', '-----BEGIN PRIVATE KEY-----\n'],
    ['broken PEM', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'],
    ['DER of something else', Buffer.from('3003020101', 'hex')],
    ['JSON of something else', '{"keys":[]}'],
    ['a JWK without a number', '{"kty":"RSA","e":"AQAB"}'],
    ['an object of no type', Buffer.concat([head(0x0099)])],
    ['a structure cut short', makePublicArea(rsa).subarray(0, -1)],
    ['a structure with more behind', Buffer.concat([makePublicArea(rsa), Buffer.alloc(1)])],
  ])('of %s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it.each(FORMS)('of changed %s gives a value or a FormatError', (_form, write) => {
    fc.assert(
      fc.property(changedBytes(Buffer.from(write(rsa))), (bytes) => {
        valueOrFormatError(() => read(bytes));
      }),
    );
  });
});

function eccOn(curve: number, bytes: number): readonly Uint8Array[] {
  const none = u16(0x0010);
  return [none, none, u16(curve), none, ...[7, 9].map((byte) => sized(Buffer.alloc(bytes, byte)))];
}
