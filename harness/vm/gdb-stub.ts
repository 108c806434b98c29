import type { Duplex } from 'node:stream';
import { waitFor } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import type { MemoryRange } from './guest-memory.ts';

/** How long QEMU may take to set a breakpoint; it does so at once. */
const ANSWER_MS = 10_000;

/** The longest reply that is waited for names a thread and an address. */
const REPLY_BYTES = 4096;

/** A packet: what is said, and its checksum (GDB manual, "Overview" of the remote protocol). */
const PACKET = /^[^$]*\$([^#]*)#[0-9a-f]{2}/;

/** Why a machine stopped that a debugger had let run. */
export type GdbStop =
  /** The next instruction has a breakpoint. */
  | { readonly kind: 'breakpoint' }
  /** The last instruction has read memory that is watched. */
  | { readonly kind: 'read'; readonly address: number };

/**
 * QEMU's stub for a debugger, on a connected socket: it stops a machine at an exact instruction, where
 * QMP's `stop` comes when it comes. The connection lasts as long as QEMU: to close it lets the machine run.
 *
 * @see GDB manual, "GDB Remote Serial Protocol"; QEMU, gdbstub/gdbstub.c
 */
export class GdbStub {
  readonly #socket: Duplex;
  #text = '';
  #pending: PromiseWithResolvers<string> | undefined;
  #end: InfraError | undefined;

  /** @param socket QEMU's end of it speaks the protocol */
  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on('data', (chunk: Uint8Array) => this.#read(Buffer.from(chunk).toString('latin1')));
    socket.on('error', (error) => this.#finish(`broke the connection: ${error.message}`));
    socket.on('close', () => this.#finish('closed the connection'));
    socket.on('end', () => this.#finish('closed the connection'));
    socket.resume();
  }

  /**
   * Has the machine stop before an instruction.
   *
   * @param address virtual
   * @throws InfraError where QEMU refuses, or the connection ends; StageTimeout where it is silent
   */
  async breakBefore(address: number): Promise<void> {
    await this.#set(`Z1,${address.toString(16)},1`);
  }

  /**
   * Has the machine stop behind each instruction that reads a part of memory.
   *
   * @param range its address is virtual
   * @throws as {@link breakBefore} does
   */
  async watchReads({ address, size }: MemoryRange): Promise<void> {
    await this.#set(`Z3,${address.toString(16)},${size.toString(16)}`);
  }

  /**
   * Lets the machine run until it stops.
   *
   * @throws InfraError where it stops for another reason, or the connection ends
   */
  async goOn(): Promise<GdbStop> {
    const reply = await this.#ask('c');
    const read = /\brwatch:([0-9a-f]+);/.exec(reply)?.[1];
    if (read !== undefined) return { kind: 'read', address: Number.parseInt(read, 16) };
    if (reply.startsWith('T05')) return { kind: 'breakpoint' };
    throw this.#failure(`stopped the machine for another reason: ${reply.slice(0, 80)}`);
  }

  async #set(point: string): Promise<void> {
    const wait = { name: "reply of QEMU's debugger stub", deadlineMs: ANSWER_MS };
    const reply = await waitFor(wait, () => this.#ask(point));
    if (reply !== 'OK') throw this.#failure(`refused ${point}: ${reply.slice(0, 80)}`);
  }

  #ask(text: string): Promise<string> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    const reply = Promise.withResolvers<string>();
    this.#pending = reply;
    this.#socket.write(packet(text));
    return reply.promise;
  }

  #read(text: string): void {
    this.#text += text;
    for (let found = PACKET.exec(this.#text); found; found = PACKET.exec(this.#text)) {
      this.#text = this.#text.slice(found[0].length);
      this.#socket.write('+');
      this.#pending?.resolve(found[1] ?? '');
      this.#pending = undefined;
    }
    if (this.#text.length > REPLY_BYTES) this.#finish('sends a reply without end');
  }

  #finish(problem: string): void {
    this.#end ??= this.#failure(problem);
    this.#pending?.reject(this.#end);
    this.#pending = undefined;
  }

  #failure(problem: string): InfraError {
    return new InfraError({ tool: "QEMU's debugger stub", problem });
  }
}

function packet(text: string): string {
  const sum = Buffer.from(text, 'latin1').reduce((total, byte) => total + byte, 0);
  return `$${text}#${(sum & 0xff).toString(16).padStart(2, '0')}`;
}
