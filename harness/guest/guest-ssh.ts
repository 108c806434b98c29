import type { Client, ClientChannel } from 'ssh2';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { collectOutput, type GuestCommandResult, OutputRoom } from './command-output.ts';
import { GuestChannel } from './guest-channel.ts';
import { type ConnectionLimits, connectSsh, type GuestAccess } from './ssh-connection.ts';
import { sshError } from './ssh-error.ts';

/** How long is waited, and how much is taken. */
export type GuestLimits = ConnectionLimits & {
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
   * Connects to 127.0.0.1.
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
    return new GuestSsh(await connectSsh(port, access, signal, limits), limits);
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
      const collected = collectOutput(channel, command, this.#room);
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
