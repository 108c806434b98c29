import { readFile } from 'node:fs/promises';
import pRetry, { AbortError } from 'p-retry';
import { Client, type PublicKeyAuthMethod } from 'ssh2';
import { waitFor } from '../host/deadline.ts';
import { StageTimeout } from '../host/errors.ts';
import { sshError } from './ssh-error.ts';

/** Who logs in, and which guest answers. */
export type GuestAccess = {
  readonly user: string;
  /** Path of the private key (OpenSSH). */
  readonly privateKey: string;
  /** Path of the guest's public host key (OpenSSH); any other host key is refused. */
  readonly hostKey: string;
};

/** How long is waited for a connection. */
export type ConnectionLimits = {
  /** One attempt, from TCP to the end of authentication; emulated guests take seconds. */
  readonly attemptMs: number;
  /** A guest that has just told that it is ready may still take a moment to answer. */
  readonly retries: number;
};

/**
 * Connects to 127.0.0.1. One attempt at a time: in QEMU's user network connections to a guest that
 * does not listen yet pile up.
 *
 * @param signal ends the attempts
 * @throws InfraError where the guest does not answer, refuses, or has another host key
 */
export async function connectSsh(
  port: number,
  access: GuestAccess,
  signal: AbortSignal,
  limits: ConnectionLimits,
): Promise<Client> {
  const pinned = pinnedKey(await readFile(access.hostKey, 'utf8'));
  const privateKey = await readFile(access.privateKey);
  const login = { port, username: access.user, privateKey };
  return await pRetry(() => attempt(login, pinned, limits.attemptMs, signal), {
    retries: limits.retries,
    minTimeout: 300,
    factor: 1.3,
    signal,
  });
}

/** The key blob of a line of an OpenSSH public key file: type, base64, comment. */
function pinnedKey(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

type Login = { readonly port: number; readonly username: string; readonly privateKey: Buffer };

/** One attempt; one that fails or is given up leaves no socket. */
async function attempt(
  login: Login,
  pinned: Buffer,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<Client> {
  const client = new Client();
  try {
    const wait = { name: 'SSH connection', deadlineMs, signal };
    await waitFor(wait, () => connected(client, login, pinned));
    return client;
  } catch (error) {
    client.destroy();
    // That the guest is up was seen before: what does not answer now is no verdict about its image.
    throw error instanceof StageTimeout ? sshError(error.message) : error;
  }
}

function connected(client: Client, login: Login, pinned: Buffer): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let foreign = false;
  client.once('ready', () => resolve());
  // Stays for as long as the client lives: an 'error' that nobody hears would end the process.
  client.on('error', (error) => {
    const problem = foreign ? 'the guest has another host key than its image' : error.message;
    reject(foreign ? new AbortError(sshError(problem)) : sshError(problem));
  });
  client.once('close', () => reject(sshError('the guest closed the connection')));
  const { port, username, privateKey } = login;
  const method: PublicKeyAuthMethod = { type: 'publickey', username, key: privateKey };
  client.connect({
    port,
    username,
    host: '127.0.0.1',
    readyTimeout: 0, // the attempt has a deadline of its own
    // The key at once: to ask first what the guest would take costs an emulated one 60 ms.
    authHandler: [method],
    algorithms: { serverHostKey: ['ssh-ed25519'] },
    hostVerifier: (key: Buffer) => {
      foreign = !key.equals(pinned);
      return !foreign;
    },
  });
  return promise;
}
