import { describe, expect, it } from 'vitest';
import { signatureListBytes } from './signature-list-bytes.ts';

describe('a signature list', () => {
  it('is laid out as UEFI 2.11, 32.4.1 has it', () => {
    const owner = '77fa9abd-0359-4d32-bd60-28f4e78f784b';
    const list = signatureListBytes('sha256', owner, [
      new Uint8Array(32).fill(1),
      new Uint8Array(32).fill(2),
    ]);
    const ownerBytes = 'bd9afa775903324dbd6028f4e78f784b';
    expect(Buffer.from(list).toString('hex')).toBe(
      [
        '2616c4c14c509240aca941f936934328', // EFI_CERT_SHA256_GUID
        '7c000000', // 28 + 2 * 48
        '00000000',
        '30000000',
        ownerBytes + '01'.repeat(32),
        ownerBytes + '02'.repeat(32),
      ].join(''),
    );
  });
});
