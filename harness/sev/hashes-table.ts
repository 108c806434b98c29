import { createHash } from 'node:crypto';
import { FormatError } from '../bytes/format-error.ts';
import { GUID_BYTES, guidBytes } from '../bytes/guid.ts';
import { type ByteSource, chunksOf } from '../bytes/source.ts';

/** GUIDs of the table and its entries (QEMU, target/i386/sev.c; edk2, BlobVerifierSevHashes.c). */
export const HASHES_GUIDS = {
  table: '9438d606-4f22-4cc9-b479-a793d411fd21',
  cmdline: '97d02dd8-bd20-4c94-aa78-e7714d36ab2a',
  initrd: '44baf731-3a2f-4bd7-9af1-41e29169781d',
  kernel: '4de79437-abd2-427f-b835-d5b172d2045b',
} as const;

/** Table and entries begin with a GUID and a length that counts both. */
export const HEADER_BYTES = GUID_BYTES + 2;

/** QEMU pads the table so that SEV can encrypt it. */
const PADDED_TO = 16;

/** Bytes of the table that QEMU makes, with its padding. */
export const HASHES_TABLE_BYTES = 176;

/** What a guest is booted with directly. */
export type DirectBoot<Content> = {
  readonly kernel: Content;
  readonly initrd?: Content | undefined;
  /** Absent and empty are the same. */
  readonly cmdline?: string | undefined;
};

/** SHA-256 of what a guest is booted with. */
export type KernelHashes = {
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: Uint8Array;
};

/**
 * Hashes what a guest is booted with, as QEMU does for a confidential guest: the kernel as it is in
 * the file, no initrd as an empty one, the command line in UTF-8 with its NUL.
 *
 * @throws FormatError where one is too large for QEMU to give
 */
export function hashKernel({ kernel, initrd, cmdline = '' }: DirectBoot<ByteSource>): KernelHashes {
  return {
    kernel: hashSource(kernel, 'kernel'),
    initrd: initrd === undefined ? NO_INITRD_HASH : hashSource(initrd, 'initrd'),
    cmdline: hashCommandLine(cmdline),
  };
}

/** What stands for the hash of an initrd that is not there. */
export const NO_INITRD_HASH: Uint8Array = sha256().digest();

/** Hash of a command line, with the NUL that ends it in guest memory. */
export function hashCommandLine(cmdline: string): Uint8Array {
  return sha256().update(`${cmdline}\0`).digest();
}

/**
 * The table that the firmware finds in its memory: header, entries in QEMU's order, padding.
 *
 * @returns {@link HASHES_TABLE_BYTES} bytes
 */
export function makeHashesTable(hashes: KernelHashes): Uint8Array {
  const entries = (['cmdline', 'initrd', 'kernel'] as const).map((name) =>
    withHeader(HASHES_GUIDS[name], hashes[name]),
  );
  const table = withHeader(HASHES_GUIDS.table, Buffer.concat(entries));
  return Buffer.concat([table, Buffer.alloc(-table.length & (PADDED_TO - 1))]);
}

function withHeader(guid: string, data: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(HEADER_BYTES + data.length);
  return Buffer.concat([guidBytes(guid), length, data]);
}

/** QEMU tells the firmware the size of a blob in 32 bits (fw_cfg, `FW_CFG_KERNEL_SIZE`). */
const LARGEST_BLOB = 0xffffffff;

function hashSource(source: ByteSource, what: string): Uint8Array {
  if (source.size > LARGEST_BLOB) {
    throw new FormatError({
      file: source.name,
      offset: 0,
      expected: `at most ${LARGEST_BLOB} bytes of ${what}`,
      found: `${source.size} bytes`,
    });
  }
  const hash = sha256();
  for (const chunk of chunksOf(source, 0, source.size, what)) hash.update(chunk);
  return hash.digest();
}

function sha256() {
  return createHash('sha256');
}
