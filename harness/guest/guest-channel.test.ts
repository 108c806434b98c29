import type { ServerChannel } from 'ssh2';
import { describe, expect } from 'vitest';
import { exit, testGuest as it, patient } from './testing/made-guests.ts';

describe('a program in the guest', () => {
  /** Answers each byte with as many bytes of it. */
  const echoing = (channel: ServerChannel) => {
    channel.on('data', (chunk: Buffer) => {
      for (const byte of chunk) channel.write(Buffer.alloc(byte, byte));
    });
  };

  it('is talked to, byte by byte as they are asked for', async ({ guests }) => {
    const { port } = await guests.ssh(echoing);
    await using ssh = await guests.connect(port);
    using program = await ssh.start('/run/program');
    program.write(Buffer.from([3, 2]));
    expect([...(await program.take(2, patient))]).toEqual([3, 3]);
    expect([...(await program.take(3, patient))]).toEqual([3, 2, 2]);
  });

  it('that ends answers no more', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.write('ab');
      exit(channel);
    });
    await using ssh = await guests.connect(port);
    using program = await ssh.start('/run/program');
    await expect(program.take(3, patient)).rejects.toThrow(
      'guest command /run/program ended, or the connection to it did',
    );
  });

  it('that floods the harness is ended', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => void channel.write(Buffer.alloc(3 << 20)));
    await using ssh = await guests.connect(port);
    using program = await ssh.start('/run/program');
    await expect(program.take(4 << 20, patient)).rejects.toThrow('that nobody asked for');
  });

  it('is waited for no longer than the signal allows', async ({ guests }) => {
    const { port } = await guests.ssh(() => undefined);
    await using ssh = await guests.connect(port);
    using program = await ssh.start('/run/program');
    const over = new AbortController();
    const taken = program.take(1, over.signal);
    over.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
  });
});
