import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { writeFileAtomically } from './atomic-file.ts';
import { Reaper } from './reaper.ts';
import { RunDirectory } from './run-directory.ts';

describe('an atomic file', () => {
  it('is there whole, with nothing beside it', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    await writeFileAtomically(directory.file('x'), 'old');
    await writeFileAtomically(directory.file('x'), 'new');
    expect(readFileSync(directory.file('x'), 'utf8')).toBe('new');
    expect(readdirSync(directory.path)).toEqual(['x']);
  });

  it('leaves nothing where it cannot be put in place', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    mkdirSync(directory.file('x'));
    await expect(writeFileAtomically(directory.file('x'), 'new')).rejects.toThrow();
    expect(readdirSync(directory.path)).toEqual(['x']);
  });
});
