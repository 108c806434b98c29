import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import type { PeSection } from './pe.ts';
import { sectionMemory } from './section-memory.ts';

const source = bytesSource('test.efi', Buffer.from('0123456789'));
const section: PeSection = {
  index: 0,
  name: '.a',
  virtualSize: 4,
  virtualAddress: 0x1000,
  rawSize: 4,
  rawOffset: 2,
};

function memory(changes: Partial<PeSection>): string {
  const pieces = [...sectionMemory(source, { ...section, ...changes })];
  return Buffer.concat(pieces).toString('latin1');
}

describe('a section in memory', () => {
  it.each([
    ['as the file has it', {}, '2345'],
    ['cut off where the file has more', { virtualSize: 3 }, '234'],
    ['filled with zeros where the file has less', { virtualSize: 6 }, '2345\0\0'],
    ['nothing but zeros where the file has nothing', { rawSize: 0, rawOffset: 99 }, '\0\0\0\0'],
    ['empty where it has no size there', { virtualSize: 0 }, ''],
  ])('is %s', (_, changes, expected) => {
    expect(memory(changes)).toBe(expected);
  });

  it('costs no memory for a gibibyte of zeros', () => {
    const before = process.memoryUsage();
    let bytes = 0;
    for (const piece of sectionMemory(source, { ...section, virtualSize: 2 ** 30 })) {
      bytes += piece.length;
    }
    const after = process.memoryUsage();
    expect(bytes).toBe(2 ** 30);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1 << 20);
  });
});
