import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDirectoryAside } from './directory-aside.ts';
import { Reaper } from './reaper.ts';
import { RunDirectory } from './run-directory.ts';

let undo: AsyncDisposableStack;
let reaper: Reaper;
let home: string;

beforeEach(async () => {
  undo = new AsyncDisposableStack();
  reaper = undo.use(Reaper.start());
  home = undo.use(await RunDirectory.create(reaper)).file('kept');
});
afterEach(() => undo.disposeAsync());

/** Makes a directory with a file that says who made it, when it is let. */
function make(who: string, when: Promise<void> = Promise.resolve()): Promise<boolean> {
  return makeDirectoryAside(join(home, 'made'), reaper, async (aside) => {
    await when;
    await writeFile(join(aside, 'who'), who);
  });
}

const who = () => readFileSync(join(home, 'made', 'who'), 'utf8');

describe('a directory that is made aside', () => {
  it('has its name when it is whole, and not before', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const making = make('a', promise);
    expect(existsSync(join(home, 'made'))).toBe(false);
    resolve();
    expect(await making).toBe(true);
    expect(who()).toBe('a');
    expect(readdirSync(home)).toEqual(['made']);
  });

  it('is the first of two that are made at once, and nothing is left of the other', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late = make('late', promise);
    expect(await make('first')).toBe(true);
    resolve();
    expect(await late).toBe(false);
    expect(who()).toBe('first');
    expect(readdirSync(home)).toEqual(['made']);
  });

  it('is one of many, whole, however many are made at once', async () => {
    const made = await Promise.all(Array.from({ length: 16 }, (_, index) => make(`${index}`)));
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(who()).toBe(String(made.indexOf(true)));
    expect(readdirSync(home)).toEqual(['made']);
  });

  it('is not there where its making fails, nor anything of it', async () => {
    const failing = makeDirectoryAside(join(home, 'made'), reaper, async (aside) => {
      await writeFile(join(aside, 'half'), 'of it');
      throw new Error('no space');
    });
    await expect(failing).rejects.toThrow('no space');
    expect(readdirSync(home)).toEqual([]);
  });
});
