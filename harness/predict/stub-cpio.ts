/** The folder that systemd-stub leaves files for userspace in. */
const FOLDER = '.extra';

const DIRECTORY_MODE = 0o40555;
const FILE_MODE = 0o100444;

/** Members begin at multiples of this many bytes, and so does what they hold. */
const ALIGNMENT = 4;

/**
 * An archive as systemd-stub packs it around one file: its folder, the file, and the trailer.
 *
 * @param name name of the file in the folder
 * @param size bytes of the file
 * @param content the file, in pieces
 * @returns the archive in pieces
 * @see systemd src/boot/cpio.c (pack_cpio_literal); Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function* stubCpio(
  name: string,
  size: number,
  content: Iterable<Uint8Array>,
): Generator<Uint8Array, void, undefined> {
  yield header({ inode: 1, mode: DIRECTORY_MODE, size: 0, name: FOLDER });
  yield header({ inode: 2, mode: FILE_MODE, size, name: `${FOLDER}/${name}` });
  yield* content;
  yield padding(size);
  yield header({ inode: 0, mode: 0, size: 0, name: 'TRAILER!!!' });
}

/**
 * Zeros that fill up to the next multiple of four bytes.
 *
 * @param size bytes before them
 */
export function padding(size: number): Uint8Array {
  return new Uint8Array(-size & (ALIGNMENT - 1));
}

type Member = {
  readonly inode: number;
  readonly mode: number;
  readonly size: number;
  readonly name: string;
};

/** A newc header; owner, times and devices are zero, so that the archive is always the same. */
function header({ inode, mode, size, name }: Member): Uint8Array {
  const links = 1;
  const words = [inode, mode, 0, 0, links, 0, size, 0, 0, 0, 0, name.length + 1, 0];
  const isTrailer = inode === 0;
  const text = words.map((word) => hexWord(word, isTrailer)).join('');
  const bytes = Buffer.from(`070701${text}${name}\0`, 'latin1');
  return Buffer.concat([bytes, padding(bytes.length)]);
}

/** The trailer is a constant of the stub in which digits are upper-case. */
function hexWord(word: number, isUpperCase: boolean): string {
  const digits = word.toString(16).padStart(8, '0');
  return isUpperCase ? digits.toUpperCase() : digits;
}
