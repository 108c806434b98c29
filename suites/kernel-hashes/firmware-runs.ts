import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { toHex } from '../../harness/bytes/hex.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import { authenticodeDigests } from '../../harness/formats/authenticode.ts';
import {
  type FirmwareModule,
  readFirmwareModules,
} from '../../harness/formats/firmware-modules.ts';
import { readOvmfFooter } from '../../harness/formats/ovmf-footer.ts';
import { type GuestArea, readOvmfSev } from '../../harness/formats/ovmf-sev.ts';
import { readPe } from '../../harness/formats/pe.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { sha256OfFile } from '../../harness/host/sha256-of-file.ts';
import type { JudgedLoad, KernelLoadCase } from '../../harness/judge/judge-kernel-load.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { predictKernelLoad } from '../../harness/sev/blob-verifier.ts';
import { cpuSignature } from '../../harness/sev/cpu-types.ts';
import { hashKernel, makeHashesTable, NO_INITRD_HASH } from '../../harness/sev/hashes-table.ts';
import { snpDigest } from '../../harness/sev/snp-digest.ts';
import { runFirmware } from '../../harness/vm/firmware-run.ts';
import { FIRMWARE_SECONDS, shareOf } from '../admission.ts';
import { ONE_BANK } from '../one-bank.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import type { Given, KernelHashesCase } from './case.ts';
import { KERNEL_HASHES_CASES } from './cases.ts';
import { KernelHashesInputs, type KernelHashesParts } from './inputs.ts';
import { commandLineDigest, type GivenFiles, observedLoad } from './observed-load.ts';
import { kernelHashesParts } from './parts.ts';

/** Enough for the firmware and the largest kernel. */
const MEMORY_MIB = 512;

/** One more attempt where QEMU or swtpm broke. */
const RETRIES = 1;

/** Digest of nothing: a blob that is not there. */
const NOTHING = Buffer.from(NO_INITRD_HASH).toString('hex');

/** An SNP guest of one vCPU, a Milan. */
const LAUNCH = {
  vmm: 'qemu',
  vcpus: { count: 1, signature: cpuSignature({ family: 25, model: 1, stepping: 1 }) },
  features: 1n,
} as const;

/** The firmware as the runs need it. */
type Firmware = { readonly area: GuestArea; readonly modules: readonly FirmwareModule[] };

/** The runs of the firmware: each case is run once, and serves as twin of others. */
export class FirmwareRuns implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #parts: KernelHashesParts;
  readonly #inputs: KernelHashesInputs;
  readonly #runs = new Map<string, Promise<JudgedLoad>>();
  #firmware: Promise<Firmware> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#parts = kernelHashesParts(new Stock(setting.stock));
    this.#inputs = new KernelHashesInputs(this.#parts, join(setting.run, 'inputs'));
  }

  /**
   * The run of a case, made now where it was not made before.
   *
   * @throws what {@link runFirmware} throws, each time it is asked for
   */
  of(name: string, signal: AbortSignal): Promise<JudgedLoad> {
    const run = this.#runs.get(name) ?? this.#run(name, signal);
    this.#runs.set(name, run);
    return run;
  }

  /** The launch digest of an SNP guest with what the area for the table of a case held. */
  async launchDigest(name: string, signal: AbortSignal): Promise<string> {
    return await this.#launchDigest((await this.of(name, signal)).observed.table);
  }

  /** The launch digest of an SNP guest with the table that QEMU would have made for a case. */
  async completeLaunchDigest(name: string): Promise<string> {
    const { table: _, ...usual } = caseOf(name);
    const { area } = await this.#readFirmware();
    return await this.#launchDigest(await this.#tableInMemory(usual, area));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #run(name: string, signal: AbortSignal): Promise<JudgedLoad> {
    const one = caseOf(name);
    const { area, modules } = await this.#readFirmware();
    const asked = await this.#asked(one, area);
    const { machine, given } = await this.#machine(name, one);
    const request = {
      machine,
      ...changesOf(given),
      hashTableAddress: area.base,
      memory: { address: area.base, size: area.size },
      directory: join(this.#setting.run, firmwareRunOf(name)),
    };
    using _place = await this.#admission.enter({ ...shareOf(machine, FIRMWARE_SECONDS), signal });
    const run = await pRetry(
      () => runFirmware(request, { ...this.#setting, reaper: this.#reaper, signal }),
      { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => error instanceof InfraError },
    );
    return { asked, observed: await observedLoad(run, given, modules) };
  }

  async #launchDigest(hashesTable: Uint8Array): Promise<string> {
    using firmware = await openSource(this.#parts.firmware);
    return toHex(snpDigest({ firmware, ...LAUNCH, hashesTable }).digest);
  }

  #readFirmware(): Promise<Firmware> {
    this.#firmware ??= readFirmware(this.#parts.firmware);
    return this.#firmware;
  }

  async #asked(one: KernelHashesCase, area: GuestArea): Promise<KernelLoadCase> {
    const { what, wanted, given } = one;
    const table = await this.#tableInMemory(one, area);
    const blobs = await this.#digestsOf(given);
    const fetched = {
      kernel: blobs['kernel'] ?? NOTHING,
      initrd: blobs['initrd'] ?? NOTHING,
      cmdline: blobs['cmdline'] ?? NOTHING,
      hasKernel: given.kernel !== undefined,
      hasShim: given.shim !== undefined,
    };
    const started = given.shim ?? given.kernel;
    const program = started && (await authenticode(await this.#inputs.path(started)));
    const predicted = predictKernelLoad(table, fetched);
    return { what, wanted, predicted, program, table, given: blobs };
  }

  async #tableInMemory(one: KernelHashesCase, area: GuestArea): Promise<Uint8Array> {
    const memory = new Uint8Array(area.size);
    memory.set((await this.#table(one)) ?? []);
    return memory;
  }

  async #table({ given, listed = given, table = makeHashesTable }: KernelHashesCase) {
    if (table === null) return undefined;
    using files = new DisposableStack();
    const open = async (name: Given['kernel']) =>
      name && files.use(await openSource(await this.#inputs.path(name)));
    const kernel = (await open(listed.kernel)) ?? bytesSource('no kernel', new Uint8Array());
    return table(
      hashKernel({ kernel, initrd: await open(listed.initrd), cmdline: listed.cmdline }),
    );
  }

  async #digestsOf({ kernel, initrd, shim, cmdline = '' }: Given) {
    const digests: Record<string, string> = {};
    for (const [what, name] of Object.entries({ kernel, initrd, shim })) {
      if (name !== undefined) digests[what] = await sha256OfFile(await this.#inputs.path(name));
    }
    return kernel === undefined ? digests : { ...digests, cmdline: commandLineDigest(cmdline) };
  }

  async #machine(name: string, one: KernelHashesCase) {
    const { kernel = 'program', initrd, shim, cmdline } = one.given;
    const path = (input: NonNullable<Given['kernel']>) => this.#inputs.path(input);
    const directory = join(this.#setting.run, 'inputs');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const table = await this.#table(one);
    const hashesTable = join(directory, `${name}.table`);
    if (table !== undefined) await writeFileAtomically(hashesTable, table);
    const machine = Machine.parse({
      name,
      firmware: { kind: 'bios', image: this.#parts.firmware },
      boot: {
        kind: 'kernel',
        kernel: await path(kernel),
        ...(initrd !== undefined && { initrd: await path(initrd) }),
        ...(cmdline !== undefined && { cmdline }),
        ...(table !== undefined && { hashesTable }),
      },
      vcpus: 1,
      memoryMiB: MEMORY_MIB,
      tpm: ONE_BANK,
    });
    const files = {
      kernel: one.given.kernel && (await path(kernel)),
      initrd: initrd && (await path(initrd)),
      shim: shim && (await path(shim)),
    };
    return { machine, given: files };
  }
}

function caseOf(name: string): KernelHashesCase {
  const found = KERNEL_HASHES_CASES[name];
  if (found !== undefined) return found;
  throw new TypeError(`no case ${name}`);
}

async function readFirmware(path: string): Promise<Firmware> {
  using source = await openSource(path);
  const area = readOvmfSev(source, readOvmfFooter(source)).hashTable;
  if (area === undefined) throw new TypeError(`${path} has no area for a table of hashes`);
  return { area, modules: readFirmwareModules(source) };
}

/** A machine always has a kernel, and never a shim. */
function changesOf({ kernel, shim }: GivenFiles) {
  if (kernel === undefined) return { change: withoutKernel };
  if (shim === undefined) return {};
  return { change: (usual: readonly string[]) => [...usual, '-shim', shim], files: [shim] };
}

function withoutKernel(usual: readonly string[]): readonly string[] {
  return usual.toSpliced(usual.indexOf('-kernel'), 2);
}

async function authenticode(path: string): Promise<string | undefined> {
  using source = await openSource(path);
  return authenticodeDigests(source, readPe(source), ['sha256'])['sha256'];
}
