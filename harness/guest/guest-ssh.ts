import { readFile } from 'node:fs/promises';
import pRetry, { AbortError } from 'p-retry';
import { Client, type ClientChannel } from 'ssh2';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';

/** Who logs in, and which guest answers. */
export type GuestAccess = {
  readonly user: string;
  /** Path of the private key (OpenSSH). */
  readonly privateKey: string;
  /** Path of the guest's public host key (OpenSSH); any other host key is refused. */
  readonly hostKey: string;
};

/** What a command in the guest came to. */
export type GuestCommandResult = {
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  /** At most 64 KiB of it. */
  readonly stderr: string;
};

/** One attempt, from TCP to the end of authentication; emulated guests take seconds. */
const ATTEMPT_MS = 30_000;
/** A guest that has just told that it is ready may still take a moment to answer. */
const ATTEMPTS = 10;
const COMMAND_MS = 60_000;

/** More output than this of one command is a hostile guest. */
const STDOUT_BYTES = 64 << 20;
const STDERR_BYTES = 64 << 10;

/** An SSH connection to a guest whose host key is the pinned one. */
export class GuestSsh implements AsyncDisposable {
  readonly #client: Client;

  private constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Connects to 127.0.0.1. One attempt at a time: in QEMU's user network connections to a guest that
   * does not listen yet pile up.
   *
   * @param signal ends the attempts
   * @throws InfraError where the guest does not answer, or with another host key
   */
  static async connect(port: number, access: GuestAccess, signal: AbortSignal): Promise<GuestSsh> {
    const pinned = pinnedKey(await readFile(access.hostKey, 'utf8'));
    const privateKey = await readFile(access.privateKey);
    const wait = { name: 'SSH connection', deadlineMs: ATTEMPT_MS, signal };
    const client = await pRetry(
      () => waitFor(wait, (over) => attempt(port, access.user, privateKey, pinned, over)),
      { retries: ATTEMPTS, minTimeout: 300, factor: 1.3, signal },
    );
    return new GuestSsh(client);
  }

  /**
   * Runs a command in the guest's shell.
   *
   * @param command fixed text of the harness, never made from what a guest said
   * @throws InfraError where the connection breaks or the guest floods it
   */
  async run(command: string, signal?: AbortSignal): Promise<GuestCommandResult> {
    const wait = { name: `guest command ${command}`, deadlineMs: COMMAND_MS, signal };
    return waitFor(wait, async () => collect(await this.#open(command), command));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  #open(command: string): Promise<ClientChannel> {
    return new Promise((resolve, reject) => {
      this.#client.exec(command, (error, channel) => {
        if (error) reject(sshError(error.message));
        else resolve(channel);
      });
    });
  }
}

/** The key blob of a line of an OpenSSH public key file: type, base64, comment. */
function pinnedKey(line: string): Buffer {
  return Buffer.from(line.split(' ')[1] ?? '', 'base64');
}

function attempt(
  port: number,
  username: string,
  privateKey: Buffer,
  pinned: Buffer,
  signal: AbortSignal,
): Promise<Client> {
  const client = new Client();
  const { promise, resolve, reject } = Promise.withResolvers<Client>();
  let foreign = false;
  client.once('ready', () => resolve(client));
  client.on('error', (error) => {
    const problem = foreign ? 'the guest has another host key than its image' : error.message;
    reject(foreign ? new AbortError(sshError(problem)) : sshError(problem));
  });
  client.once('close', () => reject(sshError('the guest closed the connection')));
  signal.addEventListener('abort', () => settle(client, promise), { once: true });
  client.connect({
    host: '127.0.0.1',
    port,
    username,
    privateKey,
    readyTimeout: ATTEMPT_MS,
    algorithms: { serverHostKey: ['ssh-ed25519'] },
    hostVerifier: (key: Buffer) => {
      foreign = !key.equals(pinned);
      return !foreign;
    },
  });
  return promise;
}

/** An attempt that was given up must not leave a socket; one that succeeded is kept. */
function settle(client: Client, connected: Promise<Client>): void {
  let isConnected = false;
  connected.then(
    () => {
      isConnected = true;
    },
    () => undefined,
  );
  queueMicrotask(() => {
    if (!isConnected) client.destroy();
  });
}

function collect(channel: ClientChannel, command: string): Promise<GuestCommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<GuestCommandResult>();
  const stdout: Buffer[] = [];
  let bytes = 0;
  let stderr = '';
  channel.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    stdout.push(chunk);
    if (bytes <= STDOUT_BYTES) return;
    channel.destroy();
    reject(sshError(`${command} wrote more than ${STDOUT_BYTES} bytes`));
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < STDERR_BYTES) stderr += chunk.toString('utf8');
  });
  let exitCode: number | null = null;
  channel.on('exit', (code: number | null) => {
    exitCode = code;
  });
  channel.on('close', () => resolve({ exitCode, stdout: Buffer.concat(stdout), stderr }));
  channel.on('error', (error: Error) => reject(sshError(error.message)));
  return promise;
}

function sshError(problem: string): InfraError {
  return new InfraError({ tool: 'SSH', problem: `failed: ${problem}` });
}
