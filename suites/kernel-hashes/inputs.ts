import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';

/** What the cases are made of: absolute paths. */
export type KernelHashesParts = {
  /** The AmdSev build. */
  readonly firmware: string;
  /** Two small EFI programs. */
  readonly program: string;
  readonly other: string;
  readonly linux: string;
  readonly uki: string;
};

/** Files that QEMU is given, and changed copies of them. */
export type InputName =
  | 'program'
  | 'program-bit'
  | 'other'
  | 'linux'
  | 'linux-patched'
  | 'uki'
  | 'uki-bit'
  | 'initrd'
  | 'initrd-bit'
  | 'other-initrd';

/** Nobody unpacks it: the firmware hands it to a kernel that is not waited for. */
const INITRD = Buffer.from('an initrd that nobody unpacks\n'.repeat(40));

/** Makes the files of the cases, each once. */
export class KernelHashesInputs {
  readonly #parts: KernelHashesParts;
  readonly #directory: string;
  readonly #made = new Map<InputName, Promise<string>>();

  /** @param directory where changed copies go; made where it is not there */
  constructor(parts: KernelHashesParts, directory: string) {
    this.#parts = parts;
    this.#directory = directory;
  }

  /** @returns absolute path */
  path(name: InputName): Promise<string> {
    const made = this.#made.get(name) ?? this.#make(name);
    this.#made.set(name, made);
    return made;
  }

  async #make(name: InputName): Promise<string> {
    switch (name) {
      case 'program':
      case 'other':
      case 'linux':
      case 'uki':
        return this.#parts[name];
      case 'program-bit':
        return this.#write(name, withOtherBit(await readFile(this.#parts.program)));
      case 'uki-bit':
        return this.#write(name, withOtherBit(await readFile(this.#parts.uki)));
      case 'linux-patched':
        return this.#write(name, withSetupHeader(await readFile(this.#parts.linux)));
      case 'initrd':
        return this.#write(name, INITRD);
      case 'initrd-bit':
        return this.#write(name, withOtherBit(INITRD));
      case 'other-initrd':
        return this.#write(name, INITRD.subarray(1));
    }
  }

  async #write(name: InputName, bytes: Uint8Array): Promise<string> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, name);
    await writeFileAtomically(path, bytes);
    return path;
  }
}

/** Differs in the lowest bit of the byte in the middle. */
export function withOtherBit(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const middle = copy.length >> 1;
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

/**
 * A kernel as QEMU before 10.0 shows it to firmware that is not in a confidential guest: boot loader,
 * flags, end of heap and address of the command line are filled in (QEMU, hw/i386/x86-common.c,
 * x86_load_linux; Linux, Documentation/arch/x86/boot.rst).
 */
export function withSetupHeader(kernel: Uint8Array): Uint8Array {
  const copy = Buffer.from(kernel);
  copy.writeUInt8(0xb0, 0x210);
  copy.writeUInt8(copy.readUInt8(0x211) | 0x80, 0x211);
  copy.writeUInt16LE(0xfe00, 0x224);
  copy.writeUInt32LE(0x20000, 0x228);
  return copy;
}
