import type { Duplex } from 'node:stream';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { LineSplitter } from '../host/line-splitter.ts';
import { parseQmpMessage, type QmpEvent, type QmpMessage } from './qmp-message.ts';

/** The longest reply (`query-qmp-schema`) has a few hundred kilobytes. */
const LINE_BYTES = 16 << 20;

/** How long QEMU may take to answer; it does so in milliseconds unless it hangs. */
const ANSWER_MS = 10_000;

/** Hears of every event, in order. */
export type QmpListener = (event: QmpEvent) => void;

/** Gets every line that is sent (`->`) or received (`<-`). */
export type QmpLog = (line: string) => void;

type Pending = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: InfraError) => void;
};

/**
 * A client of the QEMU Machine Protocol on a connected socket. Replies are matched to commands by
 * id; when the connection ends, every command that waits for its reply fails with the reason.
 */
export class QmpClient implements AsyncDisposable {
  /** Resolves when the connection has ended and everything received was seen. */
  readonly closed: Promise<InfraError>;
  readonly #socket: Duplex;
  readonly #log: QmpLog;
  readonly #pending = new Map<string, Pending>();
  readonly #listeners = new Set<QmpListener>();
  readonly #greeting = Promise.withResolvers<void>();
  readonly #close = Promise.withResolvers<InfraError>();
  #end: InfraError | undefined;
  #commands = 0;

  private constructor(socket: Duplex, log: QmpLog) {
    this.#socket = socket;
    this.#log = log;
    this.closed = this.#close.promise;
    this.#greeting.promise.catch(() => undefined);
    this.#receive();
  }

  /**
   * Waits for QEMU's greeting and leaves the negotiation mode.
   *
   * @param log gets every line of the conversation
   * @throws InfraError where the other side closes, or does not speak the protocol; StageTimeout
   *   where it is silent
   */
  static async negotiate(
    socket: Duplex,
    log: QmpLog = () => undefined,
    wait: { readonly deadlineMs?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<QmpClient> {
    const { deadlineMs = ANSWER_MS, signal } = wait;
    const client = new QmpClient(socket, log);
    try {
      const greeting = { name: 'greeting of QMP', deadlineMs, signal };
      await waitFor(greeting, () => client.#greeting.promise);
      await client.execute('qmp_capabilities', {}, { deadlineMs, signal });
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /**
   * Sends a command and waits for its reply.
   *
   * @param command name of the command in QEMU's QMP reference
   * @returns what QEMU returns, to be checked by the caller
   * @throws InfraError where QEMU refuses, or the connection ends; StageTimeout where no reply comes
   */
  async execute(
    command: string,
    parameters: Readonly<Record<string, unknown>> = {},
    wait: { readonly deadlineMs?: number; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<unknown> {
    if (this.#end !== undefined) throw this.#end;
    this.#commands += 1;
    const id = `${command}-${this.#commands}`;
    const { deadlineMs = ANSWER_MS, signal } = wait;
    try {
      return await waitFor({ name: `reply to QMP ${command}`, deadlineMs, signal }, () => {
        const reply = Promise.withResolvers<unknown>();
        this.#pending.set(id, reply);
        this.#send(JSON.stringify({ execute: command, arguments: parameters, id }));
        return reply.promise;
      });
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Listens to events until disposed of. */
  onEvent(listener: QmpListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  /** Closes the connection. May be called more than once. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish('was told to close');
    this.#socket.destroy();
  }

  #send(line: string): void {
    this.#log(`-> ${line}`);
    this.#socket.write(`${line}\r\n`);
  }

  #receive(): void {
    const lines = new LineSplitter(LINE_BYTES);
    this.#socket.on('data', (chunk: Uint8Array) => {
      for (const line of lines.push(chunk)) {
        if (this.#end === undefined) this.#readLine(line.text, line.ended);
      }
    });
    this.#socket.on('error', (error) => this.#finish(`broke the connection: ${error.message}`));
    this.#socket.on('close', () => this.#finish('closed the connection'));
    this.#socket.on('end', () => this.#finish('closed the connection'));
    this.#socket.resume();
  }

  #readLine(text: string, ended: boolean): void {
    this.#log(`<- ${text}`);
    const message = ended ? parseQmpMessage(text) : undefined;
    if (message === undefined) {
      this.#finish(`sent what is no QMP message: ${text.slice(0, 80)}`);
      this.#socket.destroy();
    } else {
      this.#take(message);
    }
  }

  #take(message: QmpMessage): void {
    switch (message.kind) {
      case 'greeting':
        this.#greeting.resolve();
        break;
      case 'event':
        for (const listener of this.#listeners) listener(message);
        break;
      case 'return':
        this.#pending.get(message.id)?.resolve(message.value);
        break;
      case 'error':
        this.#refuse(message);
        break;
    }
  }

  /** An error without an id means that QEMU could not read a command at all. */
  #refuse({ id, description }: QmpMessage & { readonly kind: 'error' }): void {
    const error = new InfraError({ tool: 'QMP', problem: `refused a command: ${description}` });
    if (id === undefined) this.#finish(error.problem);
    else this.#pending.get(id)?.reject(error);
  }

  #finish(problem: string): void {
    if (this.#end !== undefined) return;
    this.#end = new InfraError({ tool: 'QMP', problem });
    this.#greeting.reject(this.#end);
    for (const { reject } of this.#pending.values()) reject(this.#end);
    this.#close.resolve(this.#end);
  }
}
