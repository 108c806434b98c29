/** The folder in which systemd-stub leaves what it adds to the initrd; of this mode where it holds others. */
const ROOT_FOLDER = '.extra';
const ROOT_MODE = 0o555;

const DIRECTORY = 0o40000;
const REGULAR_FILE = 0o100000;

/** Members begin at multiples of this many bytes, and so does what they hold. */
const ALIGNMENT = 4;

/** A file of an archive. */
export type CpioFile = {
  readonly name: string;
  readonly size: number;
  /** The file in pieces; may be called more than once. */
  readonly content: () => Iterable<Uint8Array>;
};

/** Where an archive puts its files; modes are permission bits. */
export type CpioFolder = {
  /** `.extra`, or a folder below it. */
  readonly path: string;
  readonly mode: number;
  readonly fileMode: number;
};

/**
 * An archive as systemd-stub packs it: the folder with those above it, the files, and the trailer.
 *
 * @param folder where the files go
 * @param files in the order in which they are packed
 * @returns the archive in pieces; together a multiple of four bytes
 * @see systemd src/boot/cpio.c; Linux, Documentation/driver-api/early-userspace/buffer-format.rst
 */
export function* stubCpio(
  folder: CpioFolder,
  files: readonly CpioFile[],
): Generator<Uint8Array, void, undefined> {
  const folders =
    folder.path === ROOT_FOLDER ? [folder] : [{ path: ROOT_FOLDER, mode: ROOT_MODE }, folder];
  let inode = 0;
  for (const { path, mode } of folders) {
    inode += 1;
    yield header({ inode, mode: DIRECTORY | mode, size: 0, name: path });
  }
  for (const { name, size, content } of files) {
    inode += 1;
    const mode = REGULAR_FILE | folder.fileMode;
    yield header({ inode, mode, size, name: `${folder.path}/${name}` });
    yield* content();
    yield padding(size);
  }
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
