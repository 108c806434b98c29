import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../bytes/hex.ts';
import { bytesSource } from '../bytes/source.ts';
import { mutations, resultOrFormatError } from '../formats/testing/mutations.ts';
import { igvmDigest } from './igvm-digest.ts';
import { VMSA_GPA } from './page-info.ts';
import {
  DATA_OFFSET,
  type MadeHeader,
  makeIgvm,
  pageData,
  parameters,
  platform,
  vpContext,
} from './testing/make-igvm.ts';

/** Two pages: 0x11 and 0x22 all over. */
const DATA = Buffer.concat([Buffer.alloc(4096, 0x11), Buffer.alloc(4096, 0x22)]);

const HEADERS: readonly MadeHeader[] = [
  platform(5, 2),
  platform(2, 1),
  pageData(0x10000, { offset: DATA_OFFSET }),
  pageData(0x11000),
  pageData(0x12000, { type: 1 }),
  pageData(0x13000, { type: 2 }),
  pageData(0x14000, { type: 3 }),
  pageData(0x15000, { offset: DATA_OFFSET, flags: 2 }),
  pageData(0x16000, { offset: DATA_OFFSET, flags: 4 }),
  pageData(0x17000, { offset: DATA_OFFSET, mask: 2 }),
  ...parameters(0x18000, 0x2000),
  [0x305, Buffer.alloc(32)],
  vpContext(VMSA_GPA, DATA_OFFSET + 4096),
];

const digest = (headers: readonly MadeHeader[], version: 1 | 2 = 1) =>
  igvmDigest(bytesSource('test.igvm', makeIgvm(headers, DATA, version)));

describe('the launch digest of an IGVM file', () => {
  // Made page by page with the GCTX class of virtee/sev-snp-measure 8f2b337e.
  it.each([1, 2] as const)('of version %i is made of its pages', (version) => {
    const { digest: launchDigest, pages } = digest(HEADERS, version);
    expect(toHex(launchDigest)).toBe(
      'b620f478a19471d57e567c6f5f5c36cf35a3a881697e156a0d52411a79df2c5cd27d49347827edecfa3429aaa4b7ad4e',
    );
    expect(pages.map(({ type, gpa }) => [type, gpa])).toEqual([
      ['NORMAL', 0x10000],
      ['NORMAL', 0x11000],
      ['SECRETS', 0x12000],
      ['CPUID', 0x13000],
      ['CPUID', 0x14000],
      ['UNMEASURED', 0x15000],
      ['UNMEASURED', 0x18000],
      ['UNMEASURED', 0x19000],
      ['VMSA', VMSA_GPA],
    ]);
  });

  it('may not ask for more pages than guests have at their start', () => {
    expect(() => digest([platform(2), ...parameters(0x1000, (512 << 20) + 4096)])).toThrow(
      'expected at most 131072 pages, found 131073',
    );
  });

  it('has 512 pages for a large one', () => {
    const { pages } = digest([platform(2), pageData(0x200000, { flags: 1 })]);
    expect(pages).toHaveLength(512);
    expect(pages.at(-1)).toMatchObject({ type: 'NORMAL', gpa: 0x3ff000 });
  });

  it('is refused where the file is for other platforms', () => {
    expect(() => digest([platform(3)])).toThrow(
      expect.objectContaining({ name: 'FormatError', found: 'one for 3' }),
    );
  });

  it.each([
    ['a page at no page', [pageData(0x10)]],
    ['data beyond the end', [pageData(0, { offset: 0xffff0000 })]],
    ['endless parameters', parameters(0, 0x1f_ffff_ffff_f000)],
    ['half a page of parameters', parameters(0, 0x800)],
    ['parameters without an area', parameters(0, 0x1000).slice(1)],
    ['a short header', [[0x302, Buffer.alloc(8)] as const]],
  ])('is refused with %s', (_, headers) => {
    expect(() => digest([platform(2), ...headers])).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it.each([0, 4, 8, 12, 20, 40])('is refused where byte %i is another', (offset) => {
    const bytes = makeIgvm(HEADERS, DATA);
    bytes.writeUInt8(bytes.readUInt8(offset) ^ 0xff, offset);
    expect(() => igvmDigest(bytesSource('test.igvm', bytes))).toThrow(
      expect.objectContaining({ name: 'FormatError' }),
    );
  });

  it('is a digest or a FormatError, however the file is damaged', () => {
    fc.assert(
      fc.property(mutations(makeIgvm(HEADERS, DATA)), (damaged) => {
        resultOrFormatError(() => igvmDigest(bytesSource('test.igvm', damaged)));
      }),
    );
  });
});
