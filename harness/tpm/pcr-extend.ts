import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import { toHex } from '../bytes/hex.ts';
import type { TpmExchange } from './swtpm-log.ts';

/** An extend that a TPM was told to make. */
export type PcrExtend = {
  readonly pcr: number;
  /** Digests by the name of their algorithm, lower-case hex. */
  readonly digests: Readonly<Record<string, string>>;
};

/** TPM_ST_SESSIONS and TPM_CC (TPM 2.0 Library, Part 2, 6.9 and 6.5.2). */
const SESSIONS = 0x8002;
const PCR_EVENT = 0x013c;
const STARTUP = 0x0144;
const PCR_EXTEND = 0x0182;

/** TPM_SU_CLEAR (Part 2, 6.10): the PCRs begin anew. */
const CLEAR = 0;

/** TPM_ALG_ID of the hash algorithms that a PC Client TPM has (Part 2, 6.3). */
const ALGORITHMS: ReadonlyMap<number, { readonly name: string; readonly bytes: number }> = new Map([
  [0x0004, { name: 'sha1', bytes: 20 }],
  [0x000b, { name: 'sha256', bytes: 32 }],
  [0x000c, { name: 'sha384', bytes: 48 }],
  [0x000d, { name: 'sha512', bytes: 64 }],
  [0x0012, { name: 'sm3', bytes: 32 }],
  [0x0027, { name: 'sha3-256', bytes: 32 }],
]);

/**
 * The extend that a command asks for: TPM2_PCR_Extend (TPM 2.0 Library, Part 3, 22.2).
 *
 * @param command the whole command, big-endian
 * @returns `undefined` where it is another command, or none that a TPM understands
 */
export function pcrExtendOf(command: Uint8Array): PcrExtend | undefined {
  return understood(() => {
    const cursor = openCommand(command);
    if (cursor?.code !== PCR_EXTEND) return undefined;
    const pcr = skipToParameters(cursor.rest);
    return { pcr, digests: readDigests(cursor.rest) };
  });
}

/**
 * The extends that a TPM has made since it was last started with TPM_SU_CLEAR, in order: those of
 * TPM2_PCR_Extend, and of TPM2_PCR_Event, whose digests the TPM computes (Part 3, 22.2 and 22.3). What
 * it refused, or had not answered, is none.
 */
export function extendsSinceStartup(exchanges: readonly TpmExchange[]): readonly PcrExtend[] {
  const done = exchanges.filter(({ response }) => response && responseCode(response) === 0);
  const started = done.findLastIndex(({ command }) => isClearStartup(command));
  return done.slice(started + 1).flatMap((exchange) => {
    const extend = pcrExtendOf(exchange.command) ?? pcrEventOf(exchange);
    return extend === undefined ? [] : [extend];
  });
}

/**
 * The code of a response (Part 3, 5.3): 0 where the TPM did what it was told.
 *
 * @returns `undefined` where the response is too short to have one
 */
export function responseCode(response: Uint8Array): number | undefined {
  return understood(() => {
    const cursor = new Cursor('TPM response', response, 'big');
    cursor.take(6, 'tag and size');
    return cursor.u32('response code');
  });
}

/**
 * The code of a command (TPM_CC).
 *
 * @returns `undefined` where the command is too short to have one
 */
export function commandCode(command: Uint8Array): number | undefined {
  return understood(() => {
    const cursor = new Cursor('TPM command', command, 'big');
    cursor.take(6, 'tag and size');
    return cursor.u32('command code');
  });
}

function pcrEventOf({ command, response = new Uint8Array() }: TpmExchange): PcrExtend | undefined {
  return understood(() => {
    const cursor = openCommand(command);
    if (cursor?.code !== PCR_EVENT) return undefined;
    const pcr = cursor.rest.u32('PCR');
    const answer = new Cursor('TPM response', response, 'big');
    answer.take(10, 'tag, size and response code');
    answer.take(4, 'size of the parameters');
    return { pcr, digests: readDigests(answer) };
  });
}

function isClearStartup(command: Uint8Array): boolean {
  if (commandCode(command) !== STARTUP) return false;
  return understood(() => openPlain(command).u16('startup type')) === CLEAR;
}

function openPlain(command: Uint8Array): Cursor {
  const cursor = new Cursor('TPM command', command, 'big');
  cursor.take(10, 'tag, size and command code');
  return cursor;
}

/** A command with sessions, and its cursor behind the code. */
function openCommand(command: Uint8Array): { code: number; rest: Cursor } | undefined {
  const rest = new Cursor('TPM command', command, 'big');
  const tag = rest.u16('tag');
  rest.take(4, 'size');
  const code = rest.u32('command code');
  return tag === SESSIONS ? { code, rest } : undefined;
}

/** @returns the handle in front of the authorisation */
function skipToParameters(cursor: Cursor): number {
  const handle = cursor.u32('PCR');
  cursor.take(cursor.u32('size of the authorisation'), 'authorisation');
  return handle;
}

/** TPML_DIGEST_VALUES (Part 2, 10.9.6). */
function readDigests(cursor: Cursor): Readonly<Record<string, string>> {
  const digests: Record<string, string> = {};
  const count = cursor.u32('number of digests');
  for (let index = 0; index < count; index++) {
    const start = cursor.offset;
    const id = cursor.u16('hash algorithm');
    const algorithm = ALGORITHMS.get(id);
    if (algorithm === undefined) {
      throw cursor.errorAt(start, 'a hash algorithm', `0x${id.toString(16)}`);
    }
    digests[algorithm.name] = toHex(cursor.take(algorithm.bytes, 'digest'));
  }
  return digests;
}

/** What is no command that a TPM understands does nothing. */
function understood<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
