import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { type AuthContext, Server, type ServerChannel, utils } from 'ssh2';
import { type DirectoryResult, dir } from 'tmp-promise';
import { test } from 'vitest';
import { type GuestLimits, GuestSsh } from '../guest-ssh.ts';
import type { GuestAccess } from '../ssh-connection.ts';

/** Of the Ed25519 keys that ssh2 makes, one in 256 is one that it does not read: then another is made. */
function makeKeys(): ReturnType<typeof utils.generateKeyPairSync> {
  const keys = utils.generateKeyPairSync('ed25519');
  return utils.parseKey(keys.private) instanceof Error ? makeKeys() : keys;
}

/** Those of the guest and of who may log in, and those of somebody else. */
export const KEYS = { host: makeKeys(), login: makeKeys(), other: makeKeys() };

/** Shorter than those of a real guest. */
const LIMITS: GuestLimits = {
  attemptMs: 5000,
  retries: 0,
  commandMs: 5000,
  stdoutBytes: 1000,
};

/** Of somebody who waits for as long as it takes. */
export const patient = new AbortController().signal;

/** A test of servers that play a guest; it leaves none of them, nor a socket or a file. */
// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern that this fixture needs no other
export const testGuest = test.extend('guests', async ({}, { onCleanup }) => {
  const guests = await MadeGuests.make();
  onCleanup(() => guests[Symbol.asyncDispose]());
  return guests;
});

/** A guest that a test has made. */
type MadeGuest = { readonly port: number; readonly connections: () => number };

class MadeGuests implements AsyncDisposable {
  readonly access: GuestAccess;
  readonly #folder: DirectoryResult;
  readonly #servers: (NetServer | Server)[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(folder: DirectoryResult) {
    const file = (name: string) => join(folder.path, name);
    this.#folder = folder;
    this.access = { user: 'root', privateKey: file('login'), hostKey: file('host.pub') };
  }

  static async make(): Promise<MadeGuests> {
    const guests = new MadeGuests(await dir({ prefix: 'cvm-test-', unsafeCleanup: true }));
    await writeFile(guests.access.privateKey, KEYS.login.private);
    await writeFile(guests.access.hostKey, KEYS.host.public);
    return guests;
  }

  /** Has a server listen, on a free port. */
  async listen(server: NetServer | Server): Promise<number> {
    this.#servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A server that does what a test says with each connection. */
  tcp(serve: (socket: Socket) => void): Promise<number> {
    return this.listen(
      createServer((socket) => {
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        serve(socket);
      }),
    );
  }

  /** An SSH server that lets the login key in and answers each command as a test says. */
  async ssh(
    answer: (channel: ServerChannel, socket: Socket) => void,
    hostKey: string = KEYS.host.private,
  ): Promise<MadeGuest> {
    let connections = 0;
    const server = new Server({ hostKeys: [hostKey] }, (client) => {
      client.on('error', () => undefined);
      client.on('authentication', authenticate);
      client.on('session', (accept) => {
        accept().on('exec', (acceptExec) => {
          const channel = acceptExec();
          channel.on('error', () => undefined);
          channel.resume();
          const [socket] = [...this.#sockets].slice(-1);
          if (socket !== undefined) answer(channel, socket);
        });
      });
    });
    const port = await this.tcp((socket) => {
      connections += 1;
      server.injectSocket(socket);
    });
    return { port, connections: () => connections };
  }

  /** Connects as the harness does. */
  connect(port: number, limits: Partial<GuestLimits> = {}, signal = patient): Promise<GuestSsh> {
    return GuestSsh.connect(port, this.access, signal, { ...LIMITS, ...limits });
  }

  /** Waits until the servers' side of every connection is closed. */
  async closed(): Promise<void> {
    for (const socket of this.#sockets) {
      if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#folder.cleanup();
  }
}

/** Lets in whoever has the login key. */
function authenticate(auth: AuthContext): void {
  const allowed = utils.parseKey(KEYS.login.public);
  if (auth.method !== 'publickey' || allowed instanceof Error) auth.reject();
  else if (auth.key.data.equals(allowed.getPublicSSH())) auth.accept();
  else auth.reject();
}

/** Ends a command with an exit code. */
export function exit(channel: ServerChannel, code = 0): void {
  channel.exit(code);
  channel.end();
}
