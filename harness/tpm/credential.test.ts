import {
  constants,
  createDecipheriv,
  createHmac,
  generateKeyPairSync,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { credentialFile, makeCredential } from './credential.ts';
import { kdfa } from './kdfa.ts';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const NAME = Buffer.from(`000b${'ab'.repeat(32)}`, 'hex');
const VALUE = Buffer.from('a value');

describe('KDFa', () => {
  it('is the counter mode of SP 800-108', () => {
    const first = createHmac('sha256', 'key')
      .update(Buffer.from('00000001', 'hex'))
      .update('LABEL\0UV')
      .update(Buffer.from('00000180', 'hex'))
      .digest('hex');
    const purpose = { label: 'LABEL', contextU: Buffer.from('U'), contextV: Buffer.from('V') };
    const derived = Buffer.from(kdfa('sha256', Buffer.from('key'), purpose, 48));
    expect(derived.length).toBe(48);
    expect(derived.subarray(0, 32).toString('hex')).toBe(first);
  });
});

describe('a credential', () => {
  it('opens as TPM2_ActivateCredential does', () => {
    expect(opened(privateKey, NAME)).toEqual(VALUE);
  });

  it('has its integrity broken for another name', () => {
    expect(() => opened(privateKey, NAME.with(-1, 0))).toThrow('integrity');
  });

  it('does not open for another EK', () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    expect(() => opened(other, NAME)).toThrow();
  });

  it('is kept as tpm2-tools keep it', () => {
    const { credentialBlob, secret } = makeCredential(publicKey, NAME, VALUE);
    const file = Buffer.from(credentialFile({ credentialBlob, secret }));
    expect(file.subarray(0, 8).toString('hex')).toBe('badcc0de00000001');
    expect(file.length).toBe(8 + credentialBlob.length + secret.length);
    expect(credentialBlob.length).toBe(2 + 2 + 32 + 2 + VALUE.length);
    expect(secret.length).toBe(2 + 256);
  });

  it('is refused for a key or a value that none can be made of', () => {
    const ecc = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    expect(() => makeCredential(ecc, NAME, VALUE)).toThrow(TypeError);
    expect(() => makeCredential(publicKey, NAME, Buffer.alloc(33))).toThrow(TypeError);
  });
});

/** TPM 2.0 Library, Part 1, 24.4, from the other side. */
function opened(key: KeyObject, name: Uint8Array): Uint8Array {
  const { credentialBlob, secret } = makeCredential(publicKey, NAME, VALUE);
  const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' };
  const oaepLabel = Buffer.from('IDENTITY\0');
  const seed = privateDecrypt({ key, ...oaep, oaepLabel }, secret.subarray(2));
  const blob = Buffer.from(credentialBlob.subarray(2));
  const identity = blob.subarray(2 + 32);
  const hmacKey = kdfa('sha256', seed, { label: 'INTEGRITY' }, 32);
  const integrity = createHmac('sha256', hmacKey).update(identity).update(name).digest();
  if (!integrity.equals(blob.subarray(2, 2 + 32))) throw new Error('integrity');
  const symmetricKey = kdfa('sha256', seed, { label: 'STORAGE', contextU: name }, 16);
  const cipher = createDecipheriv('aes-128-cfb', symmetricKey, Buffer.alloc(16));
  return Buffer.concat([cipher.update(identity), cipher.final()]).subarray(2);
}
