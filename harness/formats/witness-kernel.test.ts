import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readPe } from './pe.ts';
import { WITNESS_KERNEL_LINE, witnessKernel } from './witness-kernel.ts';

describe('the kernel that says that it runs', () => {
  const bytes = witnessKernel();
  const { sections } = readPe(bytesSource('kernel', bytes));

  it('is a program with its text behind its code', () => {
    const [text] = sections;
    expect(sections.map(({ name }) => name)).toEqual(['.text']);
    const start = text?.rawOffset ?? 0;
    const content = Buffer.from(bytes.subarray(start, start + (text?.virtualSize ?? 0)));
    // The instruction that loads the text's address is 7 bytes long, and counts from its end.
    const place = 7 + content.readInt32LE(3);
    expect(content.toString('latin1', place)).toBe(`\r\n${WITNESS_KERNEL_LINE}\r\n\0`);
  });

  it('is new enough for systemd-stub: MajorImageVersion 1', () => {
    const optionalHeader = Buffer.from(bytes).readUInt32LE(0x3c) + 24;
    expect(Buffer.from(bytes).readUInt16LE(optionalHeader + 44)).toBe(1);
  });
});
