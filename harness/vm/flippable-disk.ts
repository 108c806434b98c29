import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** A disk image beneath a running VM, whose bits are flipped in place. */
export class FlippableDisk implements Disposable {
  readonly #descriptor: number;

  /** @param path of a raw image that the VM reads through the host's page cache */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r+');
  }

  /**
   * Flips bits of a byte; the same again undoes it.
   *
   * @param offset of the byte
   * @param bits those that are 1 are flipped
   * @throws RangeError where the image ends before: a mistake of the caller
   */
  flip(offset: number, bits: number): void {
    const byte = new Uint8Array(1);
    if (readSync(this.#descriptor, byte, 0, 1, offset) !== 1) {
      throw new RangeError(`the image has no byte at 0x${offset.toString(16)}`);
    }
    byte[0] = (byte[0] ?? 0) ^ bits;
    writeSync(this.#descriptor, byte, 0, 1, offset);
  }

  /** Writes bytes from an offset on. */
  write(offset: number, bytes: Uint8Array): void {
    writeSync(this.#descriptor, bytes, 0, bytes.length, offset);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
