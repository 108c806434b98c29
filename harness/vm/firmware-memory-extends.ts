import { createHash } from 'node:crypto';
import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import { LineSplitter } from '../host/line-splitter.ts';

/** A TPM2_PCR_Extend that swtpm was sent. */
export type PcrExtend = {
  readonly pcr: number;
  /** Digests by the name of their algorithm, lower-case hex. */
  readonly digests: Readonly<Record<string, string>>;
};

/** TPM_ST_SESSIONS and TPM_CC_PCR_Extend (TPM 2.0 Library, Part 2, 6.9 and 6.5.2). */
const SESSIONS = 0x8002;
const PCR_EXTEND = 0x0182;

/** TPM_ALG_ID of the hash algorithms that a PC Client TPM has (Part 2, 6.3). */
const ALGORITHMS: ReadonlyMap<number, { readonly name: string; readonly bytes: number }> = new Map([
  [0x0004, { name: 'sha1', bytes: 20 }],
  [0x000b, { name: 'sha256', bytes: 32 }],
  [0x000c, { name: 'sha384', bytes: 48 }],
  [0x000d, { name: 'sha512', bytes: 64 }],
  [0x0012, { name: 'sm3', bytes: 32 }],
  [0x0027, { name: 'sha3-256', bytes: 32 }],
]);

/** Algorithms whose agreement proves that two sequences of bytes are the same. */
const PROOFS = ['sha256', 'sha384', 'sha512'];

/** A line of swtpm's log that announces a command, and one with bytes of it. */
const COMMAND = /\bSWTPM_IO_Read: length (\d+)\s*$/;
const BYTES = /^\s*((?:[0-9A-Fa-f]{2} ?)+)\s*$/;

/** The longest line has 16 bytes; the longest command of a TPM 4096. */
const LINE_BYTES = 256;
const MAX_COMMAND_BYTES = 4096;

/** Reads the extends out of the log that swtpm writes at level 20, as it comes. */
export class ExtendReader {
  readonly #lines = new LineSplitter(LINE_BYTES);
  #length = 0;
  #command: number[] = [];

  /** Takes the next part of the log and yields the extends that it completes. */
  *push(chunk: Uint8Array): Generator<PcrExtend, void, undefined> {
    for (const { text } of this.#lines.push(chunk)) {
      const command = this.#line(text);
      const extend = command && extendOf(command);
      if (extend !== undefined) yield extend;
    }
  }

  /** The command that a line completes. */
  #line(text: string): Uint8Array | undefined {
    const length = COMMAND.exec(text)?.[1];
    const bytes = BYTES.exec(text)?.[1];
    if (length !== undefined) this.#begin(Number(length));
    else if (bytes === undefined) this.#begin(0);
    else if (this.#length > 0) return this.#continue(bytes);
    return undefined;
  }

  #begin(length: number): void {
    this.#length = length <= MAX_COMMAND_BYTES ? length : 0;
    this.#command = [];
  }

  #continue(digits: string): Uint8Array | undefined {
    this.#command.push(...Buffer.from(digits.replaceAll(' ', ''), 'hex'));
    if (this.#command.length < this.#length) return undefined;
    const command = Uint8Array.from(this.#command);
    this.#begin(0);
    return command;
  }
}

/** TPM2_PCR_Extend: tag, size, code, PCR, authorisation, list of digests (Part 3, 22.2). */
function extendOf(command: Uint8Array): PcrExtend | undefined {
  try {
    const cursor = new Cursor('swtpm log', command, 'big');
    const tag = cursor.u16('tag');
    cursor.take(4, 'size');
    if (tag !== SESSIONS || cursor.u32('command code') !== PCR_EXTEND) return undefined;
    const pcr = cursor.u32('PCR');
    cursor.take(cursor.u32('size of the authorisation'), 'authorisation');
    const count = cursor.u32('number of digests');
    return { pcr, digests: Object.fromEntries(readDigests(cursor, count)) };
  } catch (error) {
    // What is no command that the TPM understands extends nothing.
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function* readDigests(cursor: Cursor, count: number): Generator<readonly [string, string]> {
  for (let index = 0; index < count; index++) {
    const start = cursor.offset;
    const id = cursor.u16('hash algorithm');
    const algorithm = ALGORITHMS.get(id);
    if (algorithm === undefined) {
      throw cursor.errorAt(start, 'a hash algorithm', `0x${id.toString(16)}`);
    }
    yield [algorithm.name, toHex(cursor.take(algorithm.bytes, 'digest'))];
  }
}

/** Whether an extend measures these bytes. SHA-1 alone proves nothing. */
export function measures({ digests }: PcrExtend, bytes: Uint8Array): boolean {
  const known = PROOFS.filter((name) => digests[name] !== undefined);
  return (
    known.length > 0 &&
    known.every((name) => createHash(name).update(bytes).digest('hex') === digests[name])
  );
}
