import { describe, expect, it } from 'vitest';
import { StageTimeout } from './errors.ts';
import { Scope } from './scope.ts';

describe('a scope', () => {
  it('undoes in reverse order, one step at a time', async () => {
    const done: string[] = [];
    {
      await using scope = new Scope('test');
      scope.defer('directory', () => void done.push('directory'));
      scope.defer('process', async () => {
        await Promise.resolve();
        done.push('process');
      });
    }
    expect(done).toEqual(['process', 'directory']);
  });

  it('gives each step its own slot: one that hangs does not cost the others', async () => {
    const done: string[] = [];
    const scope = new Scope('VM x');
    scope.defer('directory', () => void done.push('directory'));
    scope.defer('QEMU', () => new Promise(() => undefined), 20);
    const error = await scope[Symbol.asyncDispose]().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StageTimeout);
    expect(error).toMatchObject({ stage: 'VM x: QEMU' });
    expect(done).toEqual(['directory']);
  });

  it('gathers the errors of several steps', async () => {
    const scope = new Scope('VM x');
    for (const name of ['a', 'b']) {
      scope.defer(name, () => {
        throw new Error(name);
      });
    }
    const error = await scope[Symbol.asyncDispose]().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(AggregateError);
    expect(error).toMatchObject({ errors: [{ message: 'b' }, { message: 'a' }] });
  });

  it('undoes once, and whoever asks again waits for the end', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    let undone = 0;
    const scope = new Scope('test');
    scope.defer('slow', async () => {
      await promise;
      undone += 1;
    });
    const first = scope[Symbol.asyncDispose]();
    const second = scope[Symbol.asyncDispose]().then(() => undone);
    resolve();
    await first;
    await expect(second).resolves.toBe(1);
  });

  it('takes nothing more once it is disposed of', async () => {
    const scope = new Scope('test');
    await scope[Symbol.asyncDispose]();
    expect(() => scope.defer('late', () => undefined)).toThrow(ReferenceError);
  });

  it('hands its steps on', async () => {
    let undone = 0;
    async function open() {
      await using scope = new Scope('test');
      scope.defer('step', () => {
        undone += 1;
      });
      return scope.move();
    }
    const moved = await open();
    expect(undone).toBe(0);
    await moved[Symbol.asyncDispose]();
    expect(undone).toBe(1);
  });
});
