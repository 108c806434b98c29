import type { Duplex } from 'node:stream';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { LineSplitter } from '../host/line-splitter.ts';

/** The longest reply has a whole fw_cfg file in base64. */
const LINE_BYTES = 32 << 20;

/** How long QEMU may take for one batch; it does so in milliseconds. */
const ANSWER_MS = 10_000;

type Pending = {
  readonly resolve: (value: string) => void;
  readonly reject: (error: InfraError) => void;
};

/**
 * A client of QEMU's test protocol on a connected socket: ports and memory of a machine whose
 * processors need not run.
 *
 * @see QEMU, system/qtest.c
 */
export class Qtest implements Disposable {
  readonly #socket: Duplex;
  readonly #pending: Pending[] = [];
  #end: InfraError | undefined;

  /** @param socket QEMU's end of it speaks the protocol */
  constructor(socket: Duplex) {
    this.#socket = socket;
    const lines = new LineSplitter(LINE_BYTES);
    socket.on('data', (chunk: Uint8Array) => {
      for (const { text, ended } of lines.push(chunk)) this.#readLine(ended ? text : '');
    });
    socket.on('error', (error) => this.#finish(`broke the connection: ${error.message}`));
    socket.on('close', () => this.#finish('closed the connection'));
    socket.on('end', () => this.#finish('closed the connection'));
    socket.resume();
  }

  /**
   * Sends commands, and waits for all of their replies.
   *
   * @param commands one line each, e.g. `inl 0xcfc`
   * @returns what follows `OK` in each reply: nothing, or a value
   * @throws InfraError where QEMU refuses one, or the connection ends; StageTimeout where it is silent
   */
  async run(commands: readonly string[], signal?: AbortSignal): Promise<readonly string[]> {
    if (this.#end !== undefined) throw this.#end;
    const wait = { name: 'reply to qtest', deadlineMs: ANSWER_MS, signal };
    return await waitFor(wait, () => {
      const replies = commands.map(() => {
        const reply = Promise.withResolvers<string>();
        this.#pending.push(reply);
        return reply.promise;
      });
      this.#socket.write(commands.map((command) => `${command}\n`).join(''));
      return Promise.all(replies);
    });
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#finish('was told to close');
    this.#socket.destroy();
  }

  #readLine(text: string): void {
    const [state = '', ...value] = text.split(' ');
    if (state === 'OK') this.#pending.shift()?.resolve(value.join(' '));
    else this.#finish(`refused a command: ${text.slice(0, 80)}`);
  }

  #finish(problem: string): void {
    this.#end ??= new InfraError({ tool: 'qtest', problem });
    for (const { reject } of this.#pending.splice(0)) reject(this.#end);
  }
}
