import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../bytes/format-error.ts';
import { UsageError } from './errors.ts';
import { openSource } from './file-source.ts';
import { Reaper } from './reaper.ts';
import { RunDirectory } from './run-directory.ts';

describe('a file', () => {
  it('is read in pieces', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    writeFileSync(directory.file('x'), '0123456789');
    using source = await openSource(directory.file('x'));
    expect(source).toMatchObject({ name: directory.file('x'), size: 10 });
    expect(Buffer.from(source.read(3, 4)).toString()).toBe('3456');
    expect(source.read(10, 0)).toHaveLength(0);
  });

  it('that becomes shorter meanwhile is bad input', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    writeFileSync(directory.file('x'), '0123456789');
    using source = await openSource(directory.file('x'));
    truncateSync(directory.file('x'), 5);
    expect(() => source.read(0, 10)).toThrow(FormatError);
  });

  it('that is none is refused at once', async () => {
    await using reaper = Reaper.start();
    await using directory = await RunDirectory.create(reaper);
    mkdirSync(directory.file('d'));
    await execa('mkfifo', [directory.file('fifo')]);
    await expect(openSource(directory.file('d'))).rejects.toThrow('found a directory');
    await expect(openSource(directory.file('fifo'))).rejects.toThrow('found a FIFO');
    await expect(openSource('/dev/zero')).rejects.toThrow('found a device');
    await expect(openSource(directory.file('none'))).rejects.toBeInstanceOf(UsageError);
    await expect(openSource(directory.file('d/none/x'))).rejects.toThrow('no such file');
  });
});

describe('standard input', () => {
  it('is read to its end', async () => {
    const module = new URL('file-source.ts', import.meta.url).href;
    const script = `
      const { openSource } = await import(${JSON.stringify(module)});
      using source = await openSource('-');
      process.stdout.write(source.name + source.size + Buffer.from(source.read(1, 2)));`;
    const { stdout } = await execa(
      process.execPath,
      ['--input-type=module-typescript', '--eval', script],
      { input: 'abcd' },
    );
    expect(stdout).toBe('-4bc');
  });
});
