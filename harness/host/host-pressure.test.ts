import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cameInTime } from './deadline.ts';
import { stalledMs } from './host-pressure.ts';

it.skipIf(!existsSync('/proc/pressure/cpu'))('counts for how long tasks have waited', async () => {
  const before = stalledMs();
  await cameInTime({ name: 'pause', deadlineMs: 50 }, () => new Promise(() => undefined));
  expect(before).toBeGreaterThan(0);
  expect(stalledMs()).toBeGreaterThanOrEqual(before);
});
