import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { FormatError } from '../bytes/format-error.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { UsageError } from './errors.ts';
import { kindOf } from './kind-of-file.ts';

/** The name that stands for standard input. */
const STDIN = '-';

/** What is read from a pipe has to be held in memory. */
const STDIN_BYTES = 1 << 30;

/** A source that holds a file open. */
export type OpenSource = ByteSource & Disposable;

/**
 * Opens a file to be read in pieces; `-` is standard input.
 *
 * @param path the path as the user gave it
 * @throws UsageError where there is no such file or it may not be read
 * @throws FormatError where it is no regular file, or standard input is beyond measure
 */
export async function openSource(path: string): Promise<OpenSource> {
  if (path === STDIN) return stdinSource();
  const descriptor = open(path);
  try {
    return fileSource(path, descriptor, regular(path, fstatSync(descriptor)).size);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** Without O_NONBLOCK, opening a FIFO that nobody writes to would wait for ever. */
function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new UsageError(`${path}: no such file`);
    if (code === 'EACCES') throw new UsageError(`${path}: may not be read by this user`);
    throw new UsageError(`${path}: cannot be opened: ${String(code)}`);
  }
}

function regular(file: string, stats: Stats): Stats {
  if (stats.isFile()) return stats;
  throw new FormatError({ file, offset: 0, expected: 'a regular file', found: kindOf(stats) });
}

function fileSource(name: string, descriptor: number, size: number): OpenSource {
  return {
    name,
    size,
    read: (offset, length) => readFully(name, descriptor, offset, length),
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}

function readFully(file: string, descriptor: number, offset: number, length: number): Uint8Array {
  // All of it is filled below, or nothing of it is seen.
  const bytes = Buffer.allocUnsafeSlow(length);
  for (let done = 0; done < length; ) {
    const read = readSync(descriptor, bytes, done, length - done, offset + done);
    if (read === 0) {
      throw new FormatError({
        file,
        offset: offset + done,
        expected: `${length - done} bytes more`,
        found: 'a file that became shorter while it was read',
      });
    }
    done += read;
  }
  return bytes;
}

async function stdinSource(): Promise<OpenSource> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of process.stdin) {
    size += chunk.length;
    if (size > STDIN_BYTES) {
      throw new FormatError({
        file: STDIN,
        offset: STDIN_BYTES,
        expected: `at most ${STDIN_BYTES} bytes on standard input`,
        found: 'more',
      });
    }
    chunks.push(chunk);
  }
  return { ...bytesSource(STDIN, Buffer.concat(chunks)), [Symbol.dispose]: () => undefined };
}
