import { execa } from 'execa';
import { expect, it } from 'vitest';
import { timesOfPrograms } from './program-times.ts';

it('adds up what the processes of a program used that name a directory', async () => {
  const over = new AbortController();
  const times = timesOfPrograms('/of/this/one', ['sh'], over.signal);
  const busy = 'i=0; while [ $i -lt 500000 ]; do i=$((i + 1)); done';
  const start = (place: string) => execa('sh', ['-c', busy, place]);
  await Promise.all([start('/of/this/one'), start('/of/this/one'), start('/of/another')]);
  over.abort();
  const { sh = 0, ...others } = await times;
  expect(others).toEqual({});
  expect(sh).toBeGreaterThan(0.1);
});
