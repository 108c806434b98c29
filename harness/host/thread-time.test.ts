import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { threadTimeMs } from './thread-time.ts';

it.skipIf(!existsSync('/proc/self/schedstat'))('grows while a thread computes', () => {
  const before = threadTimeMs(process.pid);
  const until = performance.now() + 20;
  while (performance.now() < until);
  expect(threadTimeMs(process.pid)).toBeGreaterThan(before);
});

it('is none of a thread that is not there', () => {
  expect(threadTimeMs(2 ** 30)).toBeNaN();
});
