import { Cursor } from '../bytes/cursor.ts';
import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';

/** `QFI\xfb`, the first four bytes of an image. */
const MAGIC = 0x514649fb;

/** Bytes of a header of version 2, and of version 3 as far as its incompatible features. */
const V2_BYTES = 72;
const V3_BYTES = 80;

/** Incompatible feature: the data lie in another file. */
const EXTERNAL_DATA = 1n << 2n;

/** Whether a file is a qcow2 image. */
export function isQcow2(source: ByteSource): boolean {
  if (source.size < V2_BYTES) return false;
  return new Cursor(source.name, source.read(0, 4), 'big').u32('magic') === MAGIC;
}

/**
 * Refuses a qcow2 image that is not whole: one that names another file has whoever reads it read that
 * file, which may be any of the host's.
 *
 * @param source an image, as {@link isQcow2} knows it
 * @returns the size of the disk, in bytes
 * @throws FormatError where it is of another version, or names a backing or data file
 * @see QEMU, docs/interop/qcow2.rst, Header
 */
export function requireWholeQcow2(source: ByteSource): bigint {
  const length = Math.min(source.size, V3_BYTES);
  const cursor = new Cursor(source.name, source.read(0, length), 'big');
  cursor.u32('magic');
  const version = cursor.u32('version');
  if (version !== 2 && version !== 3) throw problem(source, 4, 'version 2 or 3', String(version));
  const backing = cursor.u64('backing file');
  if (backing !== 0n) throw problem(source, 8, 'an image without backing file', 'one with it');
  cursor.take(8, 'backing file name and cluster size');
  const size = cursor.u64('size');
  cursor.take(V2_BYTES - cursor.offset, 'header of version 2');
  if (version === 3 && (cursor.u64('incompatible features') & EXTERNAL_DATA) !== 0n) {
    throw problem(
      source,
      V2_BYTES,
      'an image that holds its data',
      'one with an external data file',
    );
  }
  return size;
}

function problem(source: ByteSource, offset: number, expected: string, found: string): FormatError {
  return new FormatError({ file: source.name, offset, expected, found });
}
