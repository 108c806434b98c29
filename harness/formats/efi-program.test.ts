import { describe, expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { authenticodeDigests } from './authenticode.ts';
import { readCertificateTable } from './certificate-table.ts';
import { makeEfiProgram, SECTION_FLAGS, withoutSignatures, withSignatures } from './efi-program.ts';
import { readPe } from './pe.ts';
import {
  lostTrial,
  makeConductor,
  TRIAL_MARK,
  trialsIn,
  witnessSections,
} from './trial-program.ts';

const program = makeEfiProgram([
  { name: '.text', data: Uint8Array.of(0xc3), flags: SECTION_FLAGS.code },
  { name: '.data', data: new Uint8Array(5000).fill(7), flags: SECTION_FLAGS.readOnly },
]);

function digest(image: Uint8Array): string | undefined {
  const source = bytesSource('image', image);
  return authenticodeDigests(source, readPe(source), ['sha256']).sha256;
}

describe('an EFI program', () => {
  it('is an application for x86-64 whose sections follow each other', () => {
    const { machine, subsystem, imageSize, sections } = readPe(bytesSource('program', program));
    expect([machine, subsystem, imageSize]).toEqual([0x8664, 10, 0x4000]);
    expect(
      sections.map(({ name, virtualAddress, virtualSize, rawOffset, rawSize }) => [
        name,
        ...[virtualAddress, virtualSize, rawOffset, rawSize],
      ]),
    ).toEqual([
      ['.text', 0x1000, 1, 0x200, 0x200],
      ['.data', 0x2000, 5000, 0x400, 0x1400],
    ]);
  });

  it('keeps its digest when it is signed, and is itself again without signatures', () => {
    const signed = withSignatures(program, [Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    const source = bytesSource('signed', signed);
    expect(readCertificateTable(source, readPe(source)).map(({ size }) => size)).toEqual([11, 9]);
    expect(digest(signed)).toBe(digest(program));
    expect(Buffer.from(withoutSignatures(signed))).toEqual(Buffer.from(program));
  });

  it('cannot be signed without room for a certificate table in its headers', () => {
    expect(() => withSignatures(new Uint8Array(600), [])).toThrow('at 0x');
  });
});

describe('a conductor', () => {
  const images = [program, makeEfiProgram(witnessSections())];
  const conductor = makeConductor(images);

  it('holds its images, each where its table says', () => {
    const { sections } = readPe(bytesSource('conductor', conductor));
    const trials = sections.find(({ name }) => name === '.trials');
    const start = trials?.rawOffset ?? 0;
    const numbers = new DataView(conductor.buffer, conductor.byteOffset + start);
    const held = images.map((_, index) => {
      const offset = start + numbers.getUint32(8 * index, true);
      return conductor.subarray(offset, offset + numbers.getUint32(8 * index + 4, true));
    });
    expect(held.map((one) => Buffer.from(one))).toEqual(images.map((one) => Buffer.from(one)));
    expect(numbers.getUint32(8 * images.length + 4, true)).toBe(0);
  });

  it('is understood between the lines of others, up to a line that is lost', () => {
    const line = (index: number, load: string) =>
      `noise${TRIAL_MARK} ${index.toString(16).padStart(16, '0').toUpperCase()} ${load} ${'F'.repeat(16)}`;
    const denied = '800000000000000F';
    const lines = ['BdsDxe: loading', line(0, denied), '', line(1, denied), line(3, denied)];
    const trial = { load: 0x8000_0000_0000_000fn, start: 0xffff_ffff_ffff_ffffn };
    expect(trialsIn(lines)).toEqual([trial, trial]);
    expect(lostTrial(lines)).toBe(2);
    expect(lostTrial(lines.slice(0, -1))).toBeUndefined();
  });
});
