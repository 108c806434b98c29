import { expect, it } from 'vitest';
import { InfraError } from './errors.ts';
import { processesWith } from './process-table.ts';
import { Reaper } from './reaper.ts';

it('a reaper that is dead is noticed by whoever needs it', async () => {
  const reaper = Reaper.start();
  const before = await reaper.watch({ kind: 'directory', path: '/none' });
  await before[Symbol.asyncDispose]();
  await reaper[Symbol.asyncDispose]();
  const late = reaper.watch({ kind: 'directory', path: '/none' });
  await expect(late).rejects.toBeInstanceOf(InfraError);
});

it('a reaper does not carry the mark by which it finds what to kill', async () => {
  await using reaper = Reaper.start();
  const [name, mark] = Object.entries(reaper.environment)[0] ?? [];
  expect(processesWith(`${name}=${mark}`)).toEqual([]);
});
