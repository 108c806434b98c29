import type { Duplex } from 'node:stream';
import { LineSplitter } from '../host/line-splitter.ts';
import { LineTail } from '../host/line-tail.ts';
import { terminalText } from './terminal-text.ts';

/** A guest may write without end, and without line ends. */
const LINE_BYTES = 4096;

/** How many lines an error can show. */
const TAIL_LINES = 80;

/** Hears of every line, without escape sequences and control characters. */
export type ConsoleListener = (line: string) => void;

/** The guest's serial console: its lines as they come, and the last of them. */
export class SerialConsole {
  /** Resolves at the first byte, which tells that the firmware runs. */
  readonly firstOutput: Promise<void>;
  /** Resolves when QEMU has closed its end and every line was heard. */
  readonly ended: Promise<void>;
  readonly #listeners = new Set<ConsoleListener>();
  readonly #tail = new LineTail(TAIL_LINES);

  /** @param socket what QEMU's serial port is connected to */
  constructor(socket: Duplex) {
    const lines = new LineSplitter(LINE_BYTES);
    this.firstOutput = new Promise((resolve) => socket.once('data', () => resolve()));
    this.ended = new Promise((resolve) => {
      socket.once('close', () => {
        for (const line of lines.end()) this.#hear(line.text);
        resolve();
      });
    });
    socket.on('data', (chunk: Uint8Array) => {
      for (const line of lines.push(chunk)) this.#hear(line.text);
    });
    socket.resume();
  }

  /** The last lines, oldest first; what has no line end yet is not among them. */
  get lastLines(): readonly string[] {
    return this.#tail.lines;
  }

  /** Listens to lines until disposed of. */
  onLine(listener: ConsoleListener): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #hear(raw: string): void {
    const line = terminalText(raw);
    this.#tail.push(line);
    for (const listener of this.#listeners) listener(line);
  }
}
