import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource } from '../../harness/bytes/source.ts';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import { ONE_BANK } from '../one-bank.ts';
import type { Given, KernelHashesCase } from './case.ts';
import { type InputName, KernelHashesInputs, type KernelHashesParts } from './inputs.ts';
import type { GivenFiles } from './observed-load.ts';

/** Enough for the firmware and the largest kernel. */
const MEMORY_MIB = 512;

/** Makes the machines of the cases, and the files that they boot. */
export class CaseMachines {
  readonly inputs: KernelHashesInputs;
  readonly #parts: KernelHashesParts;
  readonly #directory: string;

  /** @param directory where files of machines go; made where it is not there */
  constructor(parts: KernelHashesParts, directory: string) {
    this.inputs = new KernelHashesInputs(parts, directory);
    this.#parts = parts;
    this.#directory = directory;
  }

  /** The machine of a case, and what it is given to boot: a machine always has a kernel, and never a shim. */
  async of(name: string, one: KernelHashesCase) {
    const { kernel = 'program', initrd, shim, cmdline } = one.given;
    const path = (input: InputName) => this.inputs.path(input);
    const table = await this.table(one);
    const machine = this.#machine(name, {
      kernel: await path(kernel),
      ...(initrd !== undefined && { initrd: await path(initrd) }),
      ...(cmdline !== undefined && { cmdline }),
      ...(table !== undefined && { hashesTable: await this.#write(`${name}.table`, table) }),
    });
    const files: GivenFiles = {
      kernel: one.given.kernel && (await path(kernel)),
      initrd: initrd && (await path(initrd)),
      shim: shim && (await path(shim)),
    };
    return { machine, given: files };
  }

  /**
   * A machine without table, command line and initrd.
   *
   * @param kernel absolute path
   */
  withKernelAlone(name: string, kernel: string): Machine {
    return this.#machine(name, { kernel });
  }

  /** The table of a case; `undefined` where there is none. */
  async table({ given, listed = given, table = makeHashesTable }: KernelHashesCase) {
    if (table === null) return undefined;
    using files = new DisposableStack();
    const open = async (name: Given['kernel']) =>
      name && files.use(await openSource(await this.inputs.path(name)));
    const kernel = (await open(listed.kernel)) ?? bytesSource('no kernel', new Uint8Array());
    return table(
      hashKernel({ kernel, initrd: await open(listed.initrd), cmdline: listed.cmdline }),
    );
  }

  #machine(name: string, boot: Readonly<Record<string, string>>): Machine {
    return Machine.parse({
      name,
      firmware: { kind: 'bios', image: this.#parts.firmware },
      boot: { kind: 'kernel', ...boot },
      vcpus: 1,
      memoryMiB: MEMORY_MIB,
      tpm: ONE_BANK,
    });
  }

  async #write(name: string, bytes: Uint8Array): Promise<string> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = join(this.#directory, name);
    await writeFileAtomically(path, bytes);
    return path;
  }
}
