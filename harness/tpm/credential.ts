import {
  constants,
  createCipheriv,
  createHmac,
  type KeyObject,
  publicEncrypt,
  randomBytes,
} from 'node:crypto';
import { BANKS } from '../measure/bank.ts';
import { kdfa } from './kdfa.ts';
import { sized, u32 } from './marshal.ts';

/** A secret for a TPM that has one key and one other object (TPM 2.0 Library, Part 1, 24). */
export type Credential = {
  /** TPM2B_ID_OBJECT: what is integrity-protected and encrypted. */
  readonly credentialBlob: Uint8Array;
  /** TPM2B_ENCRYPTED_SECRET: the seed of its keys, which the endorsement key alone can decrypt. */
  readonly secret: Uint8Array;
};

/**
 * The EK template of the TCG EK Credential Profile, annex B.3.3 (L-1): RSA 2048, name algorithm SHA-256,
 * AES-128 in CFB mode.
 */
const NAME_ALG = 'sha256';
const SYMMETRIC_BYTES = 16;

/**
 * Makes a credential offline, as TPM2_MakeCredential does (Part 3, 12.6; Part 1, 24.4 and annex B.10.4):
 * only a TPM that holds both the endorsement key and an object of this name will give the value away.
 *
 * @param ek public RSA key of the EK certificate; its TPM made it by the default template
 * @param objectName name of the object, its algorithm in front
 * @param value at most as many bytes as a digest of SHA-256
 * @throws TypeError where the key is no RSA key, or the value is too large
 */
export function makeCredential(
  ek: KeyObject,
  objectName: Uint8Array,
  value: Uint8Array,
): Credential {
  if (ek.asymmetricKeyType !== 'rsa') throw new TypeError('credentials are made for RSA keys');
  const { digestBytes } = BANKS[NAME_ALG];
  if (value.length > digestBytes) throw new TypeError(`a value of ${value.length} bytes`);
  const seed = randomBytes(digestBytes);
  const storage = { label: 'STORAGE', contextU: objectName };
  const symmetricKey = kdfa(NAME_ALG, seed, storage, SYMMETRIC_BYTES);
  const cipher = createCipheriv('aes-128-cfb', symmetricKey, new Uint8Array(SYMMETRIC_BYTES));
  const identity = Buffer.concat([cipher.update(sized(value)), cipher.final()]);
  const hmacKey = kdfa(NAME_ALG, seed, { label: 'INTEGRITY' }, digestBytes);
  const integrity = createHmac(NAME_ALG, hmacKey).update(identity).update(objectName).digest();
  return {
    credentialBlob: sized(Buffer.concat([sized(integrity), identity])),
    secret: sized(encryptedSeed(ek, seed)),
  };
}

/** OAEP with the label `IDENTITY` and its NUL. */
function encryptedSeed(key: KeyObject, seed: Uint8Array): Uint8Array {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const oaepLabel = Buffer.from('IDENTITY\0');
  return publicEncrypt({ key, padding, oaepHash: NAME_ALG, oaepLabel }, seed);
}

/** Magic and version of the file that `tpm2_activatecredential` takes (tpm2-tools, tools/tpm2_makecredential.c). */
const FILE_MAGIC = 0xbadc_c0de;
const FILE_VERSION = 1;

/** A credential as tpm2-tools keep it, integers big-endian. */
export function credentialFile({ credentialBlob, secret }: Credential): Uint8Array {
  return Buffer.concat([u32(FILE_MAGIC), u32(FILE_VERSION), credentialBlob, secret]);
}
