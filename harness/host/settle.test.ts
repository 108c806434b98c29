import { describe, expect, it } from 'vitest';
import { settleAll } from './settle.ts';

describe('work side by side', () => {
  it('gives every result', async () => {
    await expect(settleAll([Promise.resolve(1), Promise.resolve('a')])).resolves.toEqual([1, 'a']);
  });

  it('is all over before a failure is told', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOver = false;
    const slow = promise.then(() => {
      isOver = true;
    });
    const all = settleAll([Promise.reject(new Error('first')), slow]);
    resolve();
    await expect(all).rejects.toThrow('first');
    expect(isOver).toBe(true);
  });
});
