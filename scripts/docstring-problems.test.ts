import { expect, it } from 'vitest';
import { docstringProblems } from './docstring-problems.ts';

const problems = (text: string) => docstringProblems('a.ts', text);

it('takes a function that tells of its parameters and of what it throws', () => {
  const text = [
    '/**',
    ' * @param size in bytes',
    ' * @throws FormatError where it is too large',
    ' */',
    'export function read(size: number) { if (size > 1) throw new FormatError(); }',
  ].join('\n');
  expect(problems(text)).toEqual([]);
});

it.each([
  ['without a docstring', 'export function read() {}', 'a.ts:1: read has no docstring'],
  [
    'that is silent about what it throws',
    '/** Reads. */\nexport function read() { throw new FormatError(); }',
    'a.ts:2: read throws FormatError, of which its docstring says nothing',
  ],
  [
    'of a parameter that is not there',
    '/** @param size in bytes */\nexport function read(length = 1) { return length; }',
    'a.ts:2: read has no parameter size',
  ],
  [
    'of a class, that is silent about what it throws',
    'export class Reader {\n  read() { throw new FormatError(); }\n}',
    'a.ts:2: read throws FormatError, of which its docstring says nothing',
  ],
])('finds a function %s', (_, text, problem) => {
  expect(problems(text)).toEqual([problem]);
});

it.each([
  ['is the file’s own', 'function read() { throw new FormatError(); }'],
  ['throws what it caught', '/** Reads. */\nexport function read(error: Error) { throw error; }'],
  ['is used wrongly', '/** Reads. */\nexport function read() { throw new TypeError(); }'],
  [
    'gives a function that throws',
    '/** Reads. */\nexport function read() { return () => { throw new FormatError(); }; }',
  ],
  [
    'takes its parameter apart',
    '/** @param size in bytes */\nexport function read({ size }: Size) { return size; }',
  ],
])('passes over a function that %s', (_, text) => {
  expect(problems(text)).toEqual([]);
});
