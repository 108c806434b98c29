import { createPrivateKey, type KeyObject } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, readRange } from '../bytes/source.ts';
import { openSource } from '../host/file-source.ts';
import type { SigningKey } from '../sev/id-auth.ts';

/** Larger files hold no key. */
const MAX_BYTES = 1 << 16;

/** DER of a key begins with a SEQUENCE. */
const DER_SEQUENCE = 0x30;

/**
 * Reads a private key, in PEM, or in DER as PKCS #8 or SEC 1 have it.
 *
 * @param file the path as the user gave it
 * @throws UsageError where there is no such file; FormatError where it holds no private key, or one
 *   that is encrypted
 */
export async function readPrivateKey(file: string): Promise<SigningKey> {
  using source = await openSource(file);
  return privateKeyOf(source);
}

/**
 * Reads a private key, in PEM, or in DER as PKCS #8 or SEC 1 have it.
 *
 * @param source its file
 * @throws FormatError where it holds no private key, or one that is encrypted
 */
export function privateKeyOf(source: ByteSource): SigningKey {
  const { name: file } = source;
  const bytes = readRange(source, 0, Math.min(source.size, MAX_BYTES), 'private key');
  const key = bytes[0] === DER_SEQUENCE ? readDer(bytes) : readPem(bytes);
  if (key !== undefined) return { key, file };
  const isPublic = Buffer.from(bytes).includes('PUBLIC KEY-----');
  const isEncrypted = /ENCRYPTED/.test(Buffer.from(bytes).toString('latin1'));
  const found = isEncrypted ? 'an encrypted one' : isPublic ? 'a public key' : 'another file';
  throw new FormatError({ file, offset: 0, expected: 'a private key in PEM or DER', found });
}

function readPem(bytes: Uint8Array): KeyObject | undefined {
  try {
    return createPrivateKey(Buffer.from(bytes));
  } catch {
    return undefined;
  }
}

function readDer(bytes: Uint8Array): KeyObject | undefined {
  for (const type of ['pkcs8', 'sec1'] as const) {
    try {
      return createPrivateKey({ key: Buffer.from(bytes), format: 'der', type });
    } catch {
      // The other form is tried.
    }
  }
  return undefined;
}
