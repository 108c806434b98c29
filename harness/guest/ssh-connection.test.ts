import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { exit, testGuest as it, KEYS } from './testing/made-guests.ts';

describe('the connection to a guest', () => {
  it('is made with the pinned host key, and leaves no socket', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => exit(channel));
    await using ssh = await guests.connect(port);
    await ssh[Symbol.asyncDispose]();
    await guests.closed();
  });

  it('is not made, nor tried again, with another host key', async ({ guests }) => {
    const { port, connections } = await guests.ssh(() => undefined, KEYS.other.private);
    const problem = 'SSH failed: the guest has another host key than its image';
    await expect(guests.connect(port, { retries: 3 })).rejects.toThrow(problem);
    await expect(guests.connect(port, { retries: 3 })).rejects.toBeInstanceOf(InfraError);
    expect(connections()).toBe(2);
    await guests.closed();
  });

  it('is not made with a login key that the guest does not know', async ({ guests }) => {
    const { port } = await guests.ssh(() => undefined);
    await writeFile(guests.access.privateKey, KEYS.other.private);
    const problem = 'All configured authentication methods failed';
    await expect(guests.connect(port)).rejects.toThrow(problem);
    await guests.closed();
  });

  it('is given up with a guest that never answers, and its socket destroyed', async ({
    guests,
  }) => {
    const port = await guests.tcp((socket) => socket.resume());
    await expect(guests.connect(port, { attemptMs: 100 })).rejects.toThrow(
      'SSH failed: SSH connection: not done after 0.1 s',
    );
    await guests.closed();
  });

  it('is tried again with a guest that closes at once', async ({ guests }) => {
    let connections = 0;
    const port = await guests.tcp((socket) => {
      connections += 1;
      socket.resume().end();
    });
    await expect(guests.connect(port, { retries: 1 })).rejects.toBeInstanceOf(InfraError);
    expect(connections).toBe(2);
    await guests.closed();
  });

  it('is given up with a guest that answers byte by byte, and its socket destroyed', async ({
    guests,
  }) => {
    const port = await guests.tcp((socket) => {
      socket.resume();
      const drip = () => socket.destroyed || socket.write('S', () => setImmediate(drip));
      drip();
    });
    await expect(guests.connect(port, { attemptMs: 200 })).rejects.toBeInstanceOf(InfraError);
    await guests.closed();
  });

  it.for([
    ['what is no SSH', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a banner without end', Buffer.alloc(1 << 20, 'x')],
    ['a packet that is too long', Buffer.from('SSH-2.0-x\r\n\x7f\xff\xff\xff\x04', 'latin1')],
  ] as const)('is none with %s', async ([, bytes], { guests }) => {
    const port = await guests.tcp((socket) => socket.resume().write(bytes));
    await expect(guests.connect(port, { attemptMs: 500 })).rejects.toBeInstanceOf(InfraError);
    await guests.closed();
  });

  it('is not made once the guest shows another host key than before', async ({ guests }) => {
    const first = await guests.ssh(() => undefined);
    await using _ssh = await guests.connect(first.port);
    const second = await guests.ssh(() => undefined, KEYS.other.private);
    await expect(guests.connect(second.port, { retries: 2 })).rejects.toThrow('another host key');
    expect(second.connections()).toBe(1);
  });

  it('is an InfraError where nobody listens', async ({ guests }) => {
    const server = createServer();
    const port = await guests.listen(server);
    server.close();
    await once(server, 'close');
    await expect(guests.connect(port)).rejects.toBeInstanceOf(InfraError);
  });

  it('ends with what aborts it', async ({ guests }) => {
    const port = await guests.tcp(() => abort.abort(new Error('Ctrl-C')));
    const abort = new AbortController();
    await expect(guests.connect(port, { retries: 5 }, abort.signal)).rejects.toThrow('Ctrl-C');
    await guests.closed();
  });
});
