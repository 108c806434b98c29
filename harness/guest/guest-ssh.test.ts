import type { ServerChannel } from 'ssh2';
import { describe, expect } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { exit, testGuest as it } from './testing/made-guests.ts';

describe('a command in the guest', () => {
  it('has an exit code and both outputs', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.write('out');
      channel.stderr.write('err ü');
      exit(channel, 3);
    });
    await using ssh = await guests.connect(port);
    const { exitCode, stdout, stderr } = await ssh.run('true');
    expect([exitCode, Buffer.from(stdout).toString(), stderr]).toEqual([3, 'out', 'err ü']);
  });

  it('that a signal ends has no exit code', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.exit('KILL');
      channel.end();
    });
    await using ssh = await guests.connect(port);
    expect((await ssh.run('true')).exitCode).toBeNull();
  });

  it('may write as much as is allowed, and no byte more', async ({ guests }) => {
    let bytes = 1000;
    const { port } = await guests.ssh((channel) => {
      channel.write(Buffer.alloc(bytes));
      exit(channel);
    });
    await using ssh = await guests.connect(port);
    expect((await ssh.run('cat log')).stdout).toHaveLength(1000);
    bytes = 1001;
    await expect(ssh.run('cat log')).rejects.toThrow('SSH failed: cat log wrote more than 1000');
  });

  it('may write as much together with those that run beside it', async ({ guests }) => {
    const channels: ServerChannel[] = [];
    const { port } = await guests.ssh((channel) => {
      channels.push(channel);
      channel.write(Buffer.alloc(600));
      const [first] = channels;
      // The first one ends once the second was cut off.
      if (channels.length === 2) channel.once('close', () => first && exit(first));
      if (channels.length > 2) exit(channel);
    });
    await using ssh = await guests.connect(port);
    const both = await Promise.allSettled([ssh.run('cat a'), ssh.run('cat b')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await ssh.run('cat c')).stdout).toHaveLength(600);
  });

  it('that writes a gigabyte is cut off, and costs no more memory than is allowed', async ({
    guests,
  }) => {
    const chunk = Buffer.alloc(32 << 10, 'x');
    const { port } = await guests.ssh((channel) => {
      let left = (1 << 30) / chunk.length;
      const write = () => {
        while (!channel.destroyed && left-- > 0 && channel.write(chunk));
        if (left > 0) channel.once('drain', write);
      };
      write();
    });
    await using ssh = await guests.connect(port, { stdoutBytes: 4 << 20, commandMs: 60_000 });
    const before = process.memoryUsage().rss;
    await expect(ssh.run('tpm2_pcrread')).rejects.toThrow('wrote more than 4194304 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it('that floods errors is kept from it', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.stderr.write(Buffer.alloc(200_000, 'e'));
      exit(channel);
    });
    await using ssh = await guests.connect(port);
    expect((await ssh.run('true')).stderr).toHaveLength(65_536);
  });

  it('whose output was cut off is none', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.write('half of it');
      channel.close();
    });
    await using ssh = await guests.connect(port);
    await expect(ssh.run('cat log')).rejects.toThrow(
      'SSH failed: the connection closed before cat log ended',
    );
  });

  it('fails where the guest resets the connection, and so does the next one', async ({
    guests,
  }) => {
    const { port } = await guests.ssh((channel, socket) => {
      channel.write('half of it');
      socket.resetAndDestroy();
    });
    await using ssh = await guests.connect(port);
    await expect(ssh.run('cat log')).rejects.toBeInstanceOf(InfraError);
    await expect(ssh.run('cat log')).rejects.toThrow('SSH failed: Not connected');
  });

  it('fails where the guest closes the connection', async ({ guests }) => {
    const { port } = await guests.ssh((_, socket) => socket.end());
    await using ssh = await guests.connect(port);
    await expect(ssh.run('cat log')).rejects.toBeInstanceOf(InfraError);
  });

  it('that does not end is given up, and ended', async ({ guests }) => {
    const ended = Promise.withResolvers<void>();
    const { port } = await guests.ssh((channel) => channel.on('close', () => ended.resolve()));
    await using ssh = await guests.connect(port, { commandMs: 100 });
    await expect(ssh.run('sleep')).rejects.toThrow('guest command sleep: not done after 0.1 s');
    await ended.promise;
  });

  it('ends with what aborts it', async ({ guests }) => {
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    const { port } = await guests.ssh((channel) => {
      channel.on('close', () => ended.resolve());
      abort.abort(new Error('the VM has ended'));
    });
    {
      await using ssh = await guests.connect(port);
      await expect(ssh.run('sleep', abort.signal)).rejects.toThrow('the VM has ended');
      await ended.promise;
    }
    await guests.closed();
  });
});

describe('a file for the guest', () => {
  it('is sent whole', async ({ guests }) => {
    const content = Buffer.from('a program, \0 and all');
    const received: Buffer[] = [];
    const { port } = await guests.ssh((channel) => {
      channel.on('data', (chunk: Buffer) => received.push(chunk));
      channel.on('end', () => {
        exit(channel);
      });
    });
    await using ssh = await guests.connect(port);
    await ssh.put('/run/program', content);
    expect(Buffer.concat(received)).toEqual(content);
  });

  it('is missed where the guest cannot write it', async ({ guests }) => {
    const { port } = await guests.ssh((channel) => {
      channel.stderr.write('No space left on device');
      exit(channel, 1);
    });
    await using ssh = await guests.connect(port);
    const failed = ssh.put('/run/program', Buffer.from('a'));
    await expect(failed).rejects.toThrow('exited with code 1; last lines: No space left on device');
  });
});
