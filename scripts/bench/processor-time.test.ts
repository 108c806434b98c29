import { execa } from 'execa';
import { expect, it } from 'vitest';
import { processorTime } from './processor-time.ts';

it('is what a process and its ended children have used', async () => {
  const before = processorTime('self');
  const busy = 'const end = Date.now() + 300; while (Date.now() < end);';
  await execa(process.execPath, ['-e', busy]);
  const after = processorTime('self');
  expect(after.ended - before.ended).toBeGreaterThan(0.1);
  expect(after.own - before.own).toBeLessThan(after.ended - before.ended);
});

it('of a process that is not there is nothing', () => {
  expect(processorTime(2 ** 30)).toEqual({ own: 0, ended: 0 });
});
