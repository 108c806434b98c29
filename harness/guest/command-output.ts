import type { ClientChannel } from 'ssh2';
import { sshError } from './ssh-error.ts';

/** What a command in the guest came to. */
export type GuestCommandResult = {
  readonly exitCode: number | null;
  readonly stdout: Uint8Array;
  /** At most 64 KiB of it. */
  readonly stderr: string;
};

const STDERR_BYTES = 64 << 10;

/** Room for the output of all commands of a guest that run at once: many may flood together. */
export class OutputRoom {
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

/**
 * What a command writes, and how it ends.
 *
 * @param channel that has not yet been listened to
 * @param command what it is, for errors
 * @throws InfraError where the connection breaks, or there is no room for the output
 */
export function collectOutput(
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

function text(chunks: readonly Buffer[]): string {
  return Buffer.concat(chunks).toString('utf8');
}
