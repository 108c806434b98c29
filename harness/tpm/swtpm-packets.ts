/** A command to the TPM, or its response, as swtpm's data channel carried it. */
export type TpmPacket = { readonly kind: 'command' | 'response'; readonly bytes: Uint8Array };

/** Lines of swtpm's log that announce a command or a response, and one with bytes of it. */
const HEADER = /\bSWTPM_IO_(Read|Write): length (\d+)\s*$/;
const BYTES = /^\s*((?:[0-9A-Fa-f]{2} ?)+)\s*$/;

/** The longest command or response of a PC Client TPM (TPM_PT_MAX_COMMAND_SIZE of libtpms). */
const MAX_BYTES = 4096;

/** The longest line of swtpm's log that tells of a command has 16 bytes. */
export const SWTPM_LINE_BYTES = 256;

/** Puts the commands and responses together that swtpm logs at level 20, line by line. */
export class SwtpmPackets {
  #kind: TpmPacket['kind'] = 'command';
  #length = 0;
  #bytes: number[] = [];

  /** Whether a command or a response has begun, and is not complete. */
  get isOpen(): boolean {
    return this.#length > 0;
  }

  /**
   * Takes the next line.
   *
   * @param text without its line end
   * @returns the command or response that it completes; what is cut short by a line of another kind, or
   *   longer than a TPM takes, is none
   */
  line(text: string): TpmPacket | undefined {
    const header = HEADER.exec(text);
    const digits = BYTES.exec(text)?.[1];
    if (header !== null)
      this.#begin(header[1] === 'Read' ? 'command' : 'response', Number(header[2]));
    else if (digits === undefined) this.#begin('command', 0);
    else if (this.isOpen) return this.#continue(digits);
    return undefined;
  }

  #begin(kind: TpmPacket['kind'], length: number): void {
    this.#kind = kind;
    this.#length = length <= MAX_BYTES ? length : 0;
    this.#bytes = [];
  }

  #continue(digits: string): TpmPacket | undefined {
    this.#bytes.push(...Buffer.from(digits.replaceAll(' ', ''), 'hex'));
    if (this.#bytes.length < this.#length) return undefined;
    const packet = { kind: this.#kind, bytes: Uint8Array.from(this.#bytes) };
    this.#begin('command', 0);
    return packet;
  }
}
