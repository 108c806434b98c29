import type { ClientChannel } from 'ssh2';
import { InfraError } from '../host/errors.ts';

/** How much of what a guest wrote may wait to be taken. */
const MOST_HELD = 1 << 20;

/** A program that runs in the guest, and is talked to. */
export class GuestChannel implements Disposable {
  readonly #channel: ClientChannel;
  readonly #what: string;
  readonly #chunks: Buffer[] = [];
  #held = 0;
  #failure: Error | undefined;
  #heard: () => void = () => undefined;

  /** @param what the command, for errors */
  constructor(channel: ClientChannel, what: string) {
    this.#channel = channel;
    this.#what = what;
    channel.on('data', (chunk: Buffer) => this.#hear(chunk));
    channel.stderr.resume();
    channel.on('error', (error: Error) => this.#fail(error.message));
    channel.on('close', () => this.#fail('ended, or the connection to it did'));
  }

  /** Sends bytes to its standard input. */
  write(bytes: Uint8Array): void {
    if (this.#failure === undefined) this.#channel.write(bytes);
  }

  /** Ends its standard input. */
  end(): void {
    this.#channel.end();
  }

  /**
   * Takes bytes of its standard output, as soon as there are so many.
   *
   * @throws InfraError where it ends before, or floods the harness; the signal's reason
   */
  async take(bytes: number, signal: AbortSignal): Promise<Buffer> {
    const heard = () => this.#heard();
    signal.addEventListener('abort', heard, { once: true });
    try {
      while (this.#held < bytes) {
        signal.throwIfAborted();
        if (this.#failure !== undefined) throw this.#failure;
        await new Promise<void>((resolve) => {
          this.#heard = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', heard);
    }
    return this.#takeHeld(bytes);
  }

  [Symbol.dispose](): void {
    this.#channel.destroy();
  }

  #takeHeld(bytes: number): Buffer {
    const all = Buffer.concat(this.#chunks);
    const rest = all.subarray(bytes);
    this.#chunks.splice(0, this.#chunks.length, ...(rest.length > 0 ? [rest] : []));
    this.#held = rest.length;
    return all.subarray(0, bytes);
  }

  #hear(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    if (this.#held > MOST_HELD) {
      this.#fail(`wrote more than ${MOST_HELD} bytes that nobody asked for`);
      this.#channel.destroy();
    }
    this.#heard();
  }

  #fail(problem: string): void {
    this.#failure ??= new InfraError({ tool: `guest command ${this.#what}`, problem });
    this.#heard();
  }
}
