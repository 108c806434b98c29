import { execa } from 'execa';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test('a word is what a shell reads', async () => {
  expect(['a.raw', 'console=ttyS0 quiet', "it's", ''].map(shellWord)).toEqual([
    'a.raw',
    "'console=ttyS0 quiet'",
    "'it'\\''s'",
    "''",
  ]);
  const word = fc.string({ unit: 'grapheme-ascii' });
  const words = fc.sample(fc.array(word, { minLength: 50, maxLength: 50 }), 1)[0] ?? [];
  const script = `printf '%s\\n' ${words.map(shellWord).join(' ')}`;
  const { stdout } = await execa('sh', ['-c', script]);
  expect(stdout).toBe(words.join('\n'));
});
