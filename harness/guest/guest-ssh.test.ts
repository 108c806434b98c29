import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type AuthContext, Server, type ServerChannel, utils } from 'ssh2';
import { dir } from 'tmp-promise';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { InfraError } from '../host/errors.ts';
import { type GuestAccess, type GuestLimits, GuestSsh } from './guest-ssh.ts';

/** Of the Ed25519 keys that ssh2 makes, one in 256 is one that it does not read: then another is made. */
function makeKeys(): ReturnType<typeof utils.generateKeyPairSync> {
  const keys = utils.generateKeyPairSync('ed25519');
  return utils.parseKey(keys.private) instanceof Error ? makeKeys() : keys;
}

const KEYS = {
  host: makeKeys(),
  other: makeKeys(),
  login: makeKeys(),
};

const LIMITS: GuestLimits = { attemptMs: 5000, retries: 0, commandMs: 5000, stdoutBytes: 1000 };
const patient = new AbortController().signal;

let folder: string;
let access: GuestAccess;
const servers: (NetServer | Server)[] = [];
const sockets = new Set<Socket>();

beforeAll(async () => {
  folder = (await dir({ prefix: 'cvm-test-' })).path;
  access = { user: 'root', privateKey: join(folder, 'login'), hostKey: join(folder, 'host.pub') };
  await writeFile(access.privateKey, KEYS.login.private);
  await writeFile(access.hostKey, KEYS.host.public);
});

afterAll(() => rm(folder, { recursive: true }));

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
  sockets.clear();
});

async function listening(server: NetServer | Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A server that does what a test says with each connection. */
function tcp(serve: (socket: Socket) => void): Promise<number> {
  return listening(
    createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      serve(socket);
    }),
  );
}

type Guest = { readonly port: number; readonly connections: () => number };

/** An SSH server that lets the login key in and answers each command as a test says. */
async function guest(
  answer: (channel: ServerChannel, socket: Socket) => void,
  hostKey: string = KEYS.host.private,
): Promise<Guest> {
  let connections = 0;
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (auth: AuthContext) => {
      const allowed = utils.parseKey(KEYS.login.public);
      if (auth.method !== 'publickey' || allowed instanceof Error) auth.reject();
      else if (auth.key.data.equals(allowed.getPublicSSH())) auth.accept();
      else auth.reject();
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec();
        channel.on('error', () => undefined);
        channel.resume();
        const [socket] = [...sockets].slice(-1);
        if (socket !== undefined) answer(channel, socket);
      });
    });
  });
  const port = await tcp((socket) => {
    connections += 1;
    server.injectSocket(socket);
  });
  return { port, connections: () => connections };
}

function connect(port: number, limits: Partial<GuestLimits> = {}, signal = patient) {
  return GuestSsh.connect(port, access, signal, { ...LIMITS, ...limits });
}

/** Waits until the server's side of every connection is closed. */
async function closed(): Promise<void> {
  for (const socket of sockets) {
    if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }
}

describe('the connection to a guest', () => {
  it('is made with the pinned host key, and leaves no socket', async () => {
    const { port } = await guest((channel) => {
      channel.exit(0);
      channel.end();
    });
    await using ssh = await connect(port);
    await ssh[Symbol.asyncDispose]();
    await closed();
  });

  it('is not made, nor tried again, with another host key', async () => {
    const { port, connections } = await guest(() => undefined, KEYS.other.private);
    const problem = 'SSH failed: the guest has another host key than its image';
    await expect(connect(port, { retries: 3 })).rejects.toThrow(problem);
    await expect(connect(port, { retries: 3 })).rejects.toBeInstanceOf(InfraError);
    expect(connections()).toBe(2);
    await closed();
  });

  it('is not made with a login key that the guest does not know', async () => {
    const { port } = await guest(() => undefined);
    const stranger = join(folder, 'stranger');
    await writeFile(stranger, KEYS.other.private);
    const attempt = GuestSsh.connect(port, { ...access, privateKey: stranger }, patient, LIMITS);
    await expect(attempt).rejects.toThrow('All configured authentication methods failed');
    await closed();
  });

  it('is given up with a guest that never answers, and its socket destroyed', async () => {
    const port = await tcp((socket) => socket.resume());
    await expect(connect(port, { attemptMs: 100 })).rejects.toThrow(
      'SSH failed: SSH connection: not done after 0.1 s',
    );
    await closed();
  });

  it('is tried again with a guest that closes at once', async () => {
    let connections = 0;
    const port = await tcp((socket) => {
      connections += 1;
      socket.resume().end();
    });
    await expect(connect(port, { retries: 1 })).rejects.toBeInstanceOf(InfraError);
    expect(connections).toBe(2);
    await closed();
  });

  it('is given up with a guest that answers byte by byte, and its socket destroyed', async () => {
    const port = await tcp((socket) => {
      socket.resume();
      const drip = () => socket.destroyed || socket.write('S', () => setImmediate(drip));
      drip();
    });
    await expect(connect(port, { attemptMs: 200 })).rejects.toBeInstanceOf(InfraError);
    await closed();
  });

  it.each([
    ['what is no SSH', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a banner without end', Buffer.alloc(1 << 20, 'x')],
    ['a packet that is too long', Buffer.from('SSH-2.0-x\r\n\x7f\xff\xff\xff\x04', 'latin1')],
  ])('is none with %s', async (_, bytes) => {
    const port = await tcp((socket) => socket.resume().write(bytes));
    await expect(connect(port, { attemptMs: 500 })).rejects.toBeInstanceOf(InfraError);
    await closed();
  });

  it('is not made once the guest shows another host key than before', async () => {
    const first = await guest(() => undefined);
    await using _ssh = await connect(first.port);
    const second = await guest(() => undefined, KEYS.other.private);
    await expect(connect(second.port, { retries: 2 })).rejects.toThrow('another host key');
    expect(second.connections()).toBe(1);
  });

  it('is an InfraError where nobody listens', async () => {
    const server = createServer();
    const port = await listening(server);
    server.close();
    await once(server, 'close');
    await expect(connect(port)).rejects.toBeInstanceOf(InfraError);
  });

  it('ends with what aborts it', async () => {
    const port = await tcp(() => abort.abort(new Error('Ctrl-C')));
    const abort = new AbortController();
    await expect(connect(port, { retries: 5 }, abort.signal)).rejects.toThrow('Ctrl-C');
    await closed();
  });
});

describe('a command in the guest', () => {
  it('has an exit code and both outputs', async () => {
    const { port } = await guest((channel) => {
      channel.write('out');
      channel.stderr.write('err ü');
      channel.exit(3);
      channel.end();
    });
    await using ssh = await connect(port);
    const { exitCode, stdout, stderr } = await ssh.run('true');
    expect([exitCode, Buffer.from(stdout).toString(), stderr]).toEqual([3, 'out', 'err ü']);
  });

  it('that a signal ends has no exit code', async () => {
    const { port } = await guest((channel) => {
      channel.exit('KILL');
      channel.end();
    });
    await using ssh = await connect(port);
    expect((await ssh.run('true')).exitCode).toBeNull();
  });

  it('may write as much as is allowed, and no byte more', async () => {
    let bytes = 1000;
    const { port } = await guest((channel) => {
      channel.write(Buffer.alloc(bytes));
      channel.exit(0);
      channel.end();
    });
    await using ssh = await connect(port);
    expect((await ssh.run('cat log')).stdout).toHaveLength(1000);
    bytes = 1001;
    await expect(ssh.run('cat log')).rejects.toThrow('SSH failed: cat log wrote more than 1000');
  });

  it('may write as much together with those that run beside it', async () => {
    const end = (channel: ServerChannel) => {
      channel.exit(0);
      channel.end();
    };
    const channels: ServerChannel[] = [];
    const { port } = await guest((channel) => {
      channels.push(channel);
      channel.write(Buffer.alloc(600));
      const [first] = channels;
      // The first one ends once the second was cut off.
      if (channels.length === 2) channel.once('close', () => first && end(first));
      if (channels.length > 2) end(channel);
    });
    await using ssh = await connect(port);
    const both = await Promise.allSettled([ssh.run('cat a'), ssh.run('cat b')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await ssh.run('cat c')).stdout).toHaveLength(600);
  });

  it('that writes a gigabyte is cut off, and costs no more memory than is allowed', async () => {
    const chunk = Buffer.alloc(32 << 10, 'x');
    const { port } = await guest((channel) => {
      let left = (1 << 30) / chunk.length;
      const write = () => {
        while (!channel.destroyed && left-- > 0 && channel.write(chunk));
        if (left > 0) channel.once('drain', write);
      };
      write();
    });
    await using ssh = await connect(port, { stdoutBytes: 4 << 20, commandMs: 60_000 });
    const before = process.memoryUsage().rss;
    await expect(ssh.run('tpm2_pcrread')).rejects.toThrow('wrote more than 4194304 bytes');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 << 20);
  });

  it('that floods errors is kept from it', async () => {
    const { port } = await guest((channel) => {
      channel.stderr.write(Buffer.alloc(200_000, 'e'));
      channel.exit(0);
      channel.end();
    });
    await using ssh = await connect(port);
    expect((await ssh.run('true')).stderr).toHaveLength(65_536);
  });

  it('whose output was cut off is none', async () => {
    const { port } = await guest((channel) => {
      channel.write('half of it');
      channel.close();
    });
    await using ssh = await connect(port);
    await expect(ssh.run('cat log')).rejects.toThrow(
      'SSH failed: the connection closed before cat log ended',
    );
  });

  it('fails where the guest resets the connection, and so does the next one', async () => {
    const { port } = await guest((channel, socket) => {
      channel.write('half of it');
      socket.resetAndDestroy();
    });
    await using ssh = await connect(port);
    await expect(ssh.run('cat log')).rejects.toBeInstanceOf(InfraError);
    await expect(ssh.run('cat log')).rejects.toThrow('SSH failed: Not connected');
  });

  it('fails where the guest closes the connection', async () => {
    const { port } = await guest((_, socket) => socket.end());
    await using ssh = await connect(port);
    await expect(ssh.run('cat log')).rejects.toBeInstanceOf(InfraError);
  });

  it('that does not end is given up, and ended', async () => {
    const ended = Promise.withResolvers<void>();
    const { port } = await guest((channel) => channel.on('close', () => ended.resolve()));
    await using ssh = await connect(port, { commandMs: 100 });
    await expect(ssh.run('sleep')).rejects.toThrow('guest command sleep: not done after 0.1 s');
    await ended.promise;
  });

  it('ends with what aborts it', async () => {
    const abort = new AbortController();
    const ended = Promise.withResolvers<void>();
    const { port } = await guest((channel) => {
      channel.on('close', () => ended.resolve());
      abort.abort(new Error('the VM has ended'));
    });
    {
      await using ssh = await connect(port);
      await expect(ssh.run('sleep', abort.signal)).rejects.toThrow('the VM has ended');
      await ended.promise;
    }
    await closed();
  });
});

describe('a file for the guest', () => {
  it('is sent whole', async () => {
    const content = Buffer.from('a program, \0 and all');
    const received: Buffer[] = [];
    const { port } = await guest((channel) => {
      channel.on('data', (chunk: Buffer) => received.push(chunk));
      channel.on('end', () => {
        channel.exit(0);
        channel.end();
      });
    });
    await using ssh = await connect(port);
    await ssh.put('/run/program', content);
    expect(Buffer.concat(received)).toEqual(content);
  });

  it('is missed where the guest cannot write it', async () => {
    const { port } = await guest((channel) => {
      channel.stderr.write('No space left on device');
      channel.exit(1);
      channel.end();
    });
    await using ssh = await connect(port);
    const failed = ssh.put('/run/program', Buffer.from('a'));
    await expect(failed).rejects.toThrow('exited with code 1; last lines: No space left on device');
  });
});

describe('a program in the guest', () => {
  /** Answers each byte with as many bytes of it. */
  const echoing = (channel: ServerChannel) => {
    channel.on('data', (chunk: Buffer) => {
      for (const byte of chunk) channel.write(Buffer.alloc(byte, byte));
    });
  };

  it('is talked to, byte by byte as they are asked for', async () => {
    const { port } = await guest(echoing);
    await using ssh = await connect(port);
    using program = await ssh.start('/run/program');
    program.write(Buffer.from([3, 2]));
    expect([...(await program.take(2, patient))]).toEqual([3, 3]);
    expect([...(await program.take(3, patient))]).toEqual([3, 2, 2]);
  });

  it('that ends answers no more', async () => {
    const { port } = await guest((channel) => {
      channel.write('ab');
      channel.exit(0);
      channel.end();
    });
    await using ssh = await connect(port);
    using program = await ssh.start('/run/program');
    await expect(program.take(3, patient)).rejects.toThrow(
      'guest command /run/program ended, or the connection to it did',
    );
  });

  it('that floods the harness is ended', async () => {
    const { port } = await guest((channel) => void channel.write(Buffer.alloc(3 << 20)));
    await using ssh = await connect(port);
    using program = await ssh.start('/run/program');
    await expect(program.take(4 << 20, patient)).rejects.toThrow('that nobody asked for');
  });

  it('is waited for no longer than the signal allows', async () => {
    const { port } = await guest(() => undefined);
    await using ssh = await connect(port);
    using program = await ssh.start('/run/program');
    const over = new AbortController();
    const taken = program.take(1, over.signal);
    over.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
  });
});
