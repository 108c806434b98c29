import { expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { readPe } from './pe.ts';
import { makeVariableProgram, writesIn } from './variable-program.ts';

it('a program holds the names, GUIDs and values of its variables', () => {
  const guid = 'c0de0000-0000-4000-8000-000000000001';
  const program = Buffer.from(
    makeVariableProgram([
      { name: 'One', guid, attributes: 7, data: Buffer.from('first') },
      { name: 'Two', guid, attributes: 3, data: Buffer.from('second') },
    ]),
  );
  expect(readPe(bytesSource('program', program)).sections).toHaveLength(1);
  for (const text of ['One', 'Two']) {
    expect(program.includes(Buffer.from(`${text}\0`, 'utf16le'))).toBe(true);
  }
  for (const text of ['first', 'second']) expect(program.includes(text)).toBe(true);
  expect(program.includes(Buffer.from('0000dec0', 'hex'))).toBe(true);
});

it('tells of each write what the services returned', () => {
  const line = 'cvm-variable: 800000000000000E 0000000000000000 0000000000000000';
  expect(writesIn(['BdsDxe', line, line, 'cvm-variable: 1'])).toEqual(
    Array(2).fill({ before: 0x800000000000000en, set: 0n, after: 0n }),
  );
});
