import { readFile } from 'node:fs/promises';
import pRetry, { AbortError } from 'p-retry';
import { Client, type ClientChannel, type PublicKeyAuthMethod } from 'ssh2';
import { waitFor } from '../host/deadline.ts';
import { InfraError, StageTimeout } from '../host/errors.ts';
import { GuestChannel } from './guest-channel.ts';

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

/** How long is waited, and how much is taken. */
export type GuestLimits = {
  /** One attempt, from TCP to the end of authentication; emulated guests take seconds. */
  readonly attemptMs: number;
  /** A guest that has just told that it is ready may still take a moment to answer. */
  readonly retries: number;
  readonly commandMs: number;
  /** More output than this of the commands that run at once is a hostile guest. */
  readonly stdoutBytes: number;
};

const LIMITS: GuestLimits = {
  attemptMs: 30_000,
  retries: 10,
  commandMs: 60_000,
  stdoutBytes: 64 << 20,
};

const STDERR_BYTES = 64 << 10;

/** An SSH connection to a guest whose host key is the pinned one. */
export class GuestSsh implements AsyncDisposable {
  readonly #client: Client;
  readonly #limits: GuestLimits;
  readonly #room: OutputRoom;

  private constructor(client: Client, limits: GuestLimits) {
    this.#client = client;
    this.#limits = limits;
    this.#room = new OutputRoom(limits.stdoutBytes);
  }

  /**
   * Connects to 127.0.0.1. One attempt at a time: in QEMU's user network connections to a guest that
   * does not listen yet pile up.
   *
   * @param signal ends the attempts
   * @throws InfraError where the guest does not answer, refuses, or has another host key
   */
  static async connect(
    port: number,
    access: GuestAccess,
    signal: AbortSignal,
    limits: GuestLimits = LIMITS,
  ): Promise<GuestSsh> {
    const pinned = pinnedKey(await readFile(access.hostKey, 'utf8'));
    const privateKey = await readFile(access.privateKey);
    const login = { port, username: access.user, privateKey };
    const client = await pRetry(() => attempt(login, pinned, limits.attemptMs, signal), {
      retries: limits.retries,
      minTimeout: 300,
      factor: 1.3,
      signal,
    });
    return new GuestSsh(client, limits);
  }

  /**
   * Runs a command in the guest's shell.
   *
   * @param command fixed text of the harness, never made from what a guest said
   * @param signal ends the command
   * @throws InfraError where the connection breaks or the guest floods it; StageTimeout where the
   *   command does not end
   */
  async run(command: string, signal?: AbortSignal): Promise<GuestCommandResult> {
    const deadlineMs = this.#limits.commandMs;
    const wait = { name: `guest command ${command}`, deadlineMs, signal };
    return waitFor(wait, (over) => this.#collect(command, over));
  }

  /**
   * Writes a file of the guest, and makes it a program.
   *
   * @param path absolute path in the guest, fixed text of the harness without blanks
   * @throws InfraError where it cannot be written; StageTimeout where that does not end
   */
  async put(path: string, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    const command = `cat > ${path} && chmod 700 ${path}`;
    const wait = { name: `file ${path}`, deadlineMs: this.#limits.commandMs, signal };
    const { exitCode, stderr } = await waitFor(wait, (over) =>
      this.#collect(command, over, content),
    );
    if (exitCode === 0) return;
    throw new InfraError({
      tool: command,
      problem: `exited with code ${exitCode}`,
      lastLines: [stderr],
    });
  }

  /**
   * Starts a program that is to be talked to.
   *
   * @param command fixed text of the harness
   * @param signal ends the attempt, not the program
   * @throws InfraError where it cannot be started; StageTimeout where that does not end
   */
  async start(command: string, signal?: AbortSignal): Promise<GuestChannel> {
    const wait = { name: `guest command ${command}`, deadlineMs: this.#limits.commandMs, signal };
    return await waitFor(wait, () =>
      this.#exec(command, (channel) => new GuestChannel(channel, command)),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.destroy();
  }

  async #collect(
    command: string,
    over: AbortSignal,
    input?: Uint8Array,
  ): Promise<GuestCommandResult> {
    const begin = (channel: ClientChannel) => {
      // What nobody waits for any more is not left to run.
      over.addEventListener('abort', () => channel.destroy(), { once: true });
      if (over.aborted) channel.destroy();
      const collected = collect(channel, command, this.#room);
      if (input !== undefined) channel.end(input);
      return collected;
    };
    return await this.#exec(command, begin);
  }

  /** @param begin listens from the first moment: a short command's end comes in the same packet as its start */
  #exec<T>(command: string, begin: (channel: ClientChannel) => T | Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    try {
      this.#client.exec(command, (error, channel) => {
        if (error) reject(sshError(error.message));
        else resolve(begin(channel));
      });
    } catch (error) {
      // Thrown where the connection is gone already.
      reject(sshError(error instanceof Error ? error.message : 'not connected'));
    }
    return promise;
  }
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

function collect(
  channel: ClientChannel,
  command: string,
  room: OutputRoom,
): Promise<GuestCommandResult> {
  const { promise, resolve, reject } = Promise.withResolvers<GuestCommandResult>();
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  let held = 0;
  let stderrLeft = STDERR_BYTES;
  channel.on('data', (chunk: Buffer) => {
    if (channel.destroyed) return; // what is under way when the room is full
    held += chunk.length;
    if (room.take(chunk.length)) {
      stdout.push(chunk);
    } else {
      reject(sshError(`${command} wrote more than ${room.bytes} bytes`));
      channel.destroy();
    }
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    stderr.push(chunk.subarray(0, stderrLeft));
    stderrLeft -= stderr.at(-1)?.length ?? 0;
  });
  // A command that a signal ends has no exit code; one that does not tell its end was cut off.
  let exit: { readonly code: number | null } | undefined;
  channel.on('exit', (code: number | null) => {
    exit = { code };
  });
  channel.on('close', () => {
    if (exit === undefined) reject(sshError(`the connection closed before ${command} ended`));
    else resolve({ exitCode: exit.code, stdout: Buffer.concat(stdout), stderr: text(stderr) });
  });
  channel.on('error', (error: Error) => reject(sshError(error.message)));
  return promise.finally(() => room.give(held));
}

/** Room for the output of all commands of a guest that run at once: many may flood together. */
class OutputRoom {
  readonly bytes: number;
  #left: number;

  constructor(bytes: number) {
    this.bytes = bytes;
    this.#left = bytes;
  }

  /** @returns whether there was room for so many bytes; what was taken is to be given back in any case */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}

function sshError(problem: string): InfraError {
  return new InfraError({ tool: 'SSH', problem: `failed: ${problem}` });
}
