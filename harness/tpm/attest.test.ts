import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readAttest } from './attest.ts';
import { sized, u16, u32 } from './marshal.ts';
import { changedBytes, valueOrFormatError } from './testing/changed-bytes.ts';
import { attestHead, makeAttest } from './testing/made-quote.ts';

const VALUES = { sha256: { 0: 'aa'.repeat(32), 7: 'bb'.repeat(32) } };
const QUOTE = makeAttest({
  nonce: Buffer.from('nonce'),
  select: [{ bank: 'sha256', pcrs: [0, 7] }],
  values: VALUES,
  hash: 'sha256',
});

const read = (bytes: Uint8Array) => readAttest(bytesSource('attest', bytes));
const name = sized(Buffer.alloc(34, 1));
const digest = sized(Buffer.alloc(32, 2));
const u64 = Buffer.alloc(8, 3);
const clockInfo = Buffer.concat([u64, u32(4), u32(5), Uint8Array.of(0)]);

/** TPMU_ATTEST by TPMI_ST_ATTEST (TPM 2.0 Library, Part 2, 10.12.11). */
const BODIES = [
  [0x8014, 'nv', [name, u16(8), digest]],
  [0x8015, 'commandAudit', [u64, u16(0x000b), digest, digest]],
  [0x8016, 'sessionAudit', [Uint8Array.of(1), digest]],
  [0x8017, 'certify', [name, name]],
  [0x8019, 'time', [u64, clockInfo, u64]],
  [0x801a, 'creation', [name, digest]],
  [0x801c, 'nvDigest', [name, digest]],
] as const;

describe('a TPMS_ATTEST', () => {
  it('of a quote has the fields of the specification', () => {
    expect(read(QUOTE)).toMatchObject({
      magic: 0xff54_4347,
      type: 0x8018,
      qualifiedSigner: Buffer.alloc(34, 0x0b),
      extraData: Buffer.from('nonce'),
      clockInfo: { clock: 12_345n, resetCount: 6, restartCount: 7, safe: true },
      firmwareVersion: 0x2019_1023_0016_3636n,
      body: { kind: 'quote', selections: [{ algId: 0x000b, pcrs: [0, 7] }] },
      signed: QUOTE,
    });
  });

  it('may have the size of a TPM2B in front, which is not signed', () => {
    expect(read(sized(QUOTE))).toEqual(read(QUOTE));
  });

  it.each(BODIES)('of type %i is read to its end', (type, kind, parts) => {
    const bytes = Buffer.concat([attestHead({ type }), ...parts]);
    expect(read(bytes).body).toMatchObject({ kind });
    expect(read(bytes.subarray(0, -1)).body).toContain('expected');
    expect(read(Buffer.concat([bytes, Uint8Array.of(0)])).body).toContain('the end of TPMS_ATTEST');
  });

  it('of another type or magic is read as far as it is known', () => {
    expect(read(attestHead({ type: 0x801b })).body).toContain('an attestation of a known type');
    const other = { magic: 0xff54_4348 };
    expect(read(Buffer.concat([attestHead(other), u32(0), sized(Buffer.alloc(0))]))).toMatchObject({
      ...other,
      body: { kind: 'quote', selections: [] },
    });
    expect(read(sized(Buffer.concat([attestHead(other), u32(0), u16(0)])))).toMatchObject(other);
  });

  it('may select of several banks, in selections of any size', () => {
    const wide = Buffer.concat([
      u32(3),
      ...[u16(0x0004), Uint8Array.of(3, 1, 0, 0x80)],
      ...[u16(0x000b), Uint8Array.of(5, 0, 0, 0, 1, 0x80)],
      ...[u16(0x0099), Uint8Array.of(1, 2)],
    ]);
    const bytes = Buffer.concat([attestHead({}), wide, digest]);
    expect(read(bytes).body).toMatchObject({
      selections: [
        { algId: 0x0004, pcrs: [0, 23] },
        { algId: 0x000b, pcrs: [24, 39] },
        { algId: 0x0099, pcrs: [1] },
      ],
    });
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a head cut short', QUOTE.subarray(0, 20)],
    ['a body cut short', QUOTE.subarray(0, -1)],
    ['something behind', Buffer.concat([QUOTE, Uint8Array.of(0)])],
    ['a size that is wrong', Buffer.concat([u16(QUOTE.length + 1), QUOTE])],
    ['more selections than any TPM has', Buffer.concat([attestHead({}), u32(17)])],
    ['too many bytes', Buffer.alloc(1 << 17)],
  ])('with %s is refused', (_what, bytes) => {
    expect(() => read(bytes)).toThrow(expect.objectContaining({ name: 'FormatError' }));
  });

  it('of changed bytes gives a value or a FormatError', () => {
    fc.assert(
      fc.property(changedBytes(QUOTE), (bytes) => {
        valueOrFormatError(() => read(bytes));
      }),
    );
  });
});
