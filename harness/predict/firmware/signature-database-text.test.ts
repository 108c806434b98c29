import { describe, expect, it } from 'vitest';
import { guidBytes } from '../../bytes/guid.ts';
import { signatureDatabaseText, signatureText } from './signature-database-text.ts';

const X509 = 'a5c059a1-94e4-4aa7-87b5-ab155c2bf072';
const SHA256 = 'c1c41626-504c-4092-aca9-41f936934328';

function list(type: string, count: number, dataBytes: number): Uint8Array {
  const header = Buffer.alloc(28);
  header.set(guidBytes(type));
  header.writeUInt32LE(28 + (16 + dataBytes) * count, 16);
  header.writeUInt32LE(16 + dataBytes, 24);
  return Buffer.concat([header, Buffer.alloc((16 + dataBytes) * count)]);
}

describe('the text of a signature database', () => {
  it.each([
    ['empty', new Uint8Array(0)],
    ['3 bytes that are no signature lists', new Uint8Array(3)],
    ['3 sha256', Buffer.concat([list(SHA256, 1, 32), list(SHA256, 2, 32)])],
    ['certificate of 9 bytes, 1 sha256', Buffer.concat([list(SHA256, 1, 32), list(X509, 1, 9)])],
  ])('is %s', (text, bytes) => {
    expect(signatureDatabaseText(new Uint8Array(bytes))).toBe(text);
  });

  it('stays short', () => {
    expect(signatureDatabaseText(list(X509, 5000, 4))).toMatch(
      /^.{1,500}, 4984 more certificates$/,
    );
  });
});

describe('the text of a signature', () => {
  it('is the size of a hash', () => {
    expect(signatureText(new Uint8Array(48))).toBe('hash or key, 32 bytes');
  });
});
