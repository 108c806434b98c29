import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { expect, it } from 'vitest';
import { Reaper } from '../host/reaper.ts';
import { RunDirectory } from '../host/run-directory.ts';
import { SocketListener } from './socket-listener.ts';

it('a listener takes one connection and loses nothing that came before it was read', async () => {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  const path = directory.socket('x');
  await using listener = await SocketListener.listen(path);
  createConnection(path).end('early');
  const socket = await listener.connection;
  const chunks = await socket.toArray();
  expect(Buffer.concat(chunks).toString()).toBe('early');
  expect(existsSync(path)).toBe(false);
});

it('a listener that nobody connects to can be closed', async () => {
  await using reaper = Reaper.start();
  await using directory = await RunDirectory.create(reaper);
  const listener = await SocketListener.listen(directory.socket('x'));
  await listener[Symbol.asyncDispose]();
  await listener[Symbol.asyncDispose]();
  expect(existsSync(directory.socket('x'))).toBe(false);
});
