import { execa } from 'execa';
import { expect, it } from 'vitest';
import { processorTime } from './processor-time.ts';

it('is what a process has used', () => {
  const { user, system } = process.cpuUsage();
  expect(processorTime(process.pid).own).toBeCloseTo((user + system) / 1e6, 0);
});

it('is, apart from that, what its ended children have used', async () => {
  const before = processorTime(process.pid).ended;
  await execa(process.execPath, ['-e', 'while (process.cpuUsage().user < 300_000);']);
  expect(processorTime(process.pid).ended - before).toBeGreaterThan(0.25);
});

it('of a process that is not there is nothing', () => {
  expect(processorTime(2 ** 30)).toEqual({ own: 0, ended: 0 });
});
