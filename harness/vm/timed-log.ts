import { closeSync, openSync, writeSync } from 'node:fs';
import type { Elapsed } from './stopwatch.ts';

/** Endless output must not fill the disk. */
const LOG_BYTES = 64 << 20;

/**
 * A file of lines, each with the seconds since power-on in front. Written at once, so that a
 * harness that is killed has lost nothing.
 */
export class TimedLog implements Disposable {
  readonly #descriptor: number;
  readonly #elapsed: Elapsed;
  #bytesLeft = LOG_BYTES;
  #open = true;

  /**
   * @param path the file, made new
   * @param elapsed the clock
   */
  constructor(path: string, elapsed: Elapsed) {
    this.#descriptor = openSync(path, 'w', 0o644);
    this.#elapsed = elapsed;
  }

  /** Adds a line. Beyond 64 MiB one last line says that the rest is left out. */
  write(line: string): void {
    if (!this.#open || this.#bytesLeft <= 0) return;
    const entry = `${(this.#elapsed() / 1000).toFixed(3).padStart(9)} ${line}\n`;
    this.#bytesLeft -= Buffer.byteLength(entry);
    writeSync(this.#descriptor, this.#bytesLeft > 0 ? entry : '[the rest is left out]\n');
  }

  [Symbol.dispose](): void {
    if (this.#open) closeSync(this.#descriptor);
    this.#open = false;
  }
}
