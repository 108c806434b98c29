import { expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { loadOptionsIn, makeLoadOptionsProgram } from './load-options-program.ts';
import { readPe } from './pe.ts';

it('a program that stands for a kernel is a PE image that says it takes an initrd', () => {
  const program = makeLoadOptionsProgram();
  const pe = readPe(bytesSource('program', program));
  expect(pe.sections.map(({ name }) => name)).toEqual(['.text']);
  // MajorImageVersion, at 44 of the optional header (PE/COFF specification).
  const optional = Buffer.from(program).readUInt32LE(0x3c) + 24;
  expect(Buffer.from(program).readUInt16LE(optional + 44)).toBe(1);
});

it.each([
  [['BdsDxe: starting', 'cvm-load-options:quiet x=1 \r'], 'quiet x=1'],
  [['cvm-load-options:'], ''],
  [['other'], undefined],
])('its load options are in its line: %j', (lines, expected) => {
  expect(loadOptionsIn(lines)).toBe(expected);
});
