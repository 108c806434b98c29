import { CommanderError } from 'commander';
import { expect, test, vi } from 'vitest';
import { readOptions } from './options.ts';

const KNOWN = ['gpt', 'fat'];

test('usual options: all readers for a minute each', () => {
  expect(readOptions(KNOWN, [])).toMatchObject({
    readers: KNOWN,
    seconds: 60,
    runs: Number.POSITIVE_INFINITY,
    input: undefined,
    list: false,
  });
});

test('a number of inputs takes the place of the minute', () => {
  expect(readOptions(KNOWN, ['--reader', 'fat', '--runs', '5', '--seed', '3'])).toEqual({
    readers: ['fat'],
    seed: 3,
    runs: 5,
    seconds: Number.POSITIVE_INFINITY,
    input: undefined,
    list: false,
  });
});

test.each([
  [['--reader', 'nobody'], 'The readers are: all, gpt, fat.'],
  [['--seconds', '0'], 'Expected a number above 0.'],
  [['--runs', '1e3'], 'Expected a number.'],
  [['--input', 'file'], '--input needs one --reader'],
  [['gpt'], 'too many arguments'],
])('%j is bad usage', (args, message) => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect(() => readOptions(KNOWN, args)).toThrow(CommanderError);
  expect(stderr.mock.calls.join('')).toContain(message);
  stderr.mockRestore();
});
