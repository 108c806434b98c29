import { closeSync, constants, openSync, statSync, writeSync } from 'node:fs';
import { expect, it } from 'vitest';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { ConsolePipe } from './console-pipe.ts';

it('a pipe for the console holds what is written byte by byte until it is read', async () => {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  const pipe = await ConsolePipe.make(directory.file('serial'), { reaper });
  // As QEMU opens it (chardev/char-pipe.c), which does not wait where there is no room.
  const writer = openSync(`${pipe.path}.out`, constants.O_RDWR | constants.O_NONBLOCK);
  const socket = pipe.open();
  const written = Buffer.from(Array.from({ length: 60_000 }, (_, index) => index % 251));
  for (const index of written.keys()) writeSync(writer, written, index, 1);
  closeSync(writer);
  const chunks = await socket.toArray();
  expect(Buffer.compare(Buffer.concat(chunks), written)).toBe(0);
});

it('a pipe for the console is nobody else’s', async () => {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  const { path } = await ConsolePipe.make(directory.file('serial'), { reaper });
  for (const end of ['.in', '.out']) {
    const stat = statSync(`${path}${end}`);
    expect([stat.isFIFO(), stat.mode & 0o777]).toEqual([true, 0o600]);
  }
});
