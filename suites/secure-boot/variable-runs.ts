import { join } from 'node:path';
import { toHex } from '../../harness/bytes/hex.ts';
import { type ByteSource, bytesSource } from '../../harness/bytes/source.ts';
import { VARIABLE_GUIDS } from '../../harness/formats/efi-variable.ts';
import { signatureListBytes } from '../../harness/formats/signature-list-bytes.ts';
import {
  makeVariableProgram,
  type VariableWrite,
  writesIn,
} from '../../harness/formats/variable-program.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { makePkiStore } from '../../harness/images/pki-store.ts';
import { OWNER } from '../../harness/images/secure-boot-store.ts';
import type {
  ChangedStore,
  VariableLife,
  VariableLives,
} from '../../harness/judge/judge-variable-lives.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { readMachineFirmware } from '../../harness/predict/firmware/firmware.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { cpuSignature } from '../../harness/sev/cpu-types.ts';
import { hashKernel, makeHashesTable } from '../../harness/sev/hashes-table.ts';
import { snpDigest } from '../../harness/sev/snp-digest.ts';
import { sha256Extends } from '../../harness/tpm/boot-extends.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import { filesToPredict } from '../../harness/vm/machine-files.ts';
import type { Setting } from '../setting.ts';
import { FirmwareBench } from './firmware-bench.ts';

const MEMORY_MIB = 512;

const GENERATION = '2026.08';

/** NON_VOLATILE, BOOTSERVICE_ACCESS and RUNTIME_ACCESS; with TIME_BASED_AUTHENTICATED_WRITE_ACCESS. */
const PLAIN = 0x07;
const AUTHENTICATED = 0x27;

/** EFI_VARIABLE_AUTHENTICATION_2 without a signature: nobody asks for one in setup mode (UEFI 2.11, 8.2.2). */
const NO_SIGNATURE = Buffer.concat([
  Buffer.from('ea070101000000000000000000000000', 'hex'),
  Buffer.from('180000000002f10e9dd2af4adf68ee498aa9347d375665a7', 'hex'),
]);

/** An entry of db that allows nothing that there is. */
const ENTRY = signatureListBytes('sha256', OWNER, [Buffer.alloc(32, 0x77)]);

/** An SNP guest of one vCPU, a Milan. */
const LAUNCH = {
  vmm: 'qemu',
  vcpus: { count: 1, signature: cpuSignature({ family: 25, model: 1, stepping: 1 }) },
  features: 1n,
} as const;

/**
 * What the guest writes: a variable of its own; where there is Secure Boot, an entry of db, which PCR 7 shows. The
 * AmdSev build has nobody to authenticate it, and refuses it.
 */
function writesOf(isAuthenticated: boolean): readonly VariableWrite[] {
  const own = { name: 'CvmTrial', guid: OWNER, attributes: PLAIN, data: Buffer.from('written') };
  const db = { name: 'db', guid: VARIABLE_GUIDS.imageSecurity, attributes: AUTHENTICATED };
  const entry = Buffer.concat([NO_SIGNATURE, ENTRY]);
  return isAuthenticated ? [own, { ...db, data: entry }] : [own];
}

/** Starts of machines whose program writes variables; each is made once. */
export class VariableRuns implements AsyncDisposable {
  readonly #bench: FirmwareBench;
  #inImage: Promise<VariableLives> | undefined;
  #inFlash: Promise<VariableLives> | undefined;
  #changed: Promise<ChangedStore> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#bench = new FirmwareBench(setting, admission);
  }

  /** Two starts of the AmdSev build, whose store is a part of its image. */
  inImage(signal: AbortSignal): Promise<VariableLives> {
    this.#inImage ??= this.#livesInImage(signal);
    return this.#inImage;
  }

  /** Two starts of a build whose store is in flash of its own. */
  inFlash(signal: AbortSignal): Promise<VariableLives> {
    this.#inFlash ??= this.#livesInFlash(signal);
    return this.#inFlash;
  }

  /** A start of the AmdSev build with a store that the host has changed. */
  changedStore(signal: AbortSignal): Promise<ChangedStore> {
    this.#changed ??= this.#changedStore(signal);
    return this.#changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  async #livesInImage(signal: AbortSignal): Promise<VariableLives> {
    const { path } = this.#bench.stock.firmware(GENERATION, 'amd-sev').code;
    const start = (name: string) => this.#startFromImage(name, path, signal);
    return {
      what: 'a store in the image',
      first: await start('variables-in-image-1'),
      second: await start('variables-in-image-2'),
    };
  }

  async #livesInFlash(signal: AbortSignal): Promise<VariableLives> {
    const { code, vars } = this.#bench.stock.firmware(GENERATION, 'secure-boot');
    if (vars === null) throw new TypeError('a firmware with Secure Boot has a variable store');
    const after = join(await this.#bench.directoryOf('variables-in-flash-1'), 'after.fd');
    const last = join(await this.#bench.directoryOf('variables-in-flash-2'), 'after.fd');
    const start = (name: string, store: string, storeAfter: string) => {
      const firmware = { kind: 'pflash' as const, code: code.path, vars: store, smm: true };
      return this.#start(name, firmware, storeAfter, signal);
    };
    const first = await start('variables-in-flash-1', vars.path, after);
    return {
      what: 'a store in flash',
      first,
      second: await start('variables-in-flash-2', after, last),
    };
  }

  async #changedStore(signal: AbortSignal): Promise<ChangedStore> {
    const name = 'variables-of-the-host';
    const { path } = this.#bench.stock.firmware(GENERATION, 'amd-sev').code;
    const changed = join(await this.#bench.directoryOf(name), 'firmware.fd');
    const { pki } = await this.#bench.parts();
    const files = { empty: path, store: changed };
    await makePkiStore({ db: ['foreign'] }, pki, files, this.#bench.storeContext);
    const { first: usual } = await this.inImage(signal);
    return {
      what: 'a store that the host has changed',
      genuine: await launchDigest(path),
      changed: await launchDigest(changed),
      life: await this.#startFromImage(name, changed, signal),
      usual,
    };
  }

  #startFromImage(name: string, image: string, signal: AbortSignal): Promise<VariableLife> {
    return this.#start(name, { kind: 'bios', image }, undefined, signal);
  }

  async #start(
    name: string,
    firmware: Machine['firmware'],
    storeAfter: string | undefined,
    signal: AbortSignal,
  ): Promise<VariableLife> {
    const writes = writesOf(firmware.kind === 'pflash');
    const machine = await this.#machine(name, firmware, makeVariableProgram(writes));
    const until = {
      isOver: ({ console }: SeenBoot) => writesIn(console).length === writes.length,
      until: 'the last write',
      storeAfter,
    };
    const { console, extends: all } = await this.#bench.run(machine, until, false, signal);
    return {
      accesses: writesIn(console),
      pcr7: sha256Extends(all, 7),
      expected7: await expectedPcr7(machine, storeAfter),
    };
  }

  /** The AmdSev build starts nothing that is not in the table of hashes. */
  async #machine(
    name: string,
    firmware: Machine['firmware'],
    program: Uint8Array,
  ): Promise<Machine> {
    const kernel = await this.#bench.keep(name, 'program.efi', program);
    const hashes = {
      kernel: bytesSource('program', program),
      initrd: undefined,
      cmdline: undefined,
    };
    const table = makeHashesTable(hashKernel(hashes));
    const listed = firmware.kind === 'bios' && {
      hashesTable: await this.#bench.keep(name, 'table', table),
    };
    return Machine.parse({
      name,
      firmware,
      boot: { kind: 'kernel', kernel, ...listed },
      vcpus: 1,
      memoryMiB: MEMORY_MIB,
    });
  }
}

/** The policy of the store that the firmware finds; a new db is measured as soon as it is written. */
async function expectedPcr7(
  machine: Machine,
  storeAfter: string | undefined,
): Promise<readonly string[]> {
  const policy = await policyOf(machine);
  if (machine.firmware.kind === 'bios' || storeAfter === undefined) return policy;
  const written = { ...machine, firmware: { ...machine.firmware, vars: storeAfter } };
  const db = (await policyOf(written))[DB_EVENT];
  return db === undefined ? policy : [...policy, db];
}

/** Events of the policy: SecureBoot, PK, KEK, db (edk2, Tcg2Dxe.c, mVariableType). */
const DB_EVENT = 3;

/** What the firmware measures of Secure Boot: nothing allows the program, as Secure Boot is not on. */
async function policyOf(machine: Machine): Promise<readonly string[]> {
  using files = new DisposableStack();
  const sources = new Map<string, ByteSource>();
  for (const path of filesToPredict(machine)) sources.set(path, files.use(await openSource(path)));
  const open = (path: string) => sources.get(path) ?? bytesSource(path, new Uint8Array(0));
  const { store, build } = readMachineFirmware(machine.firmware, open);
  const policy = { store, hasSecureBoot: build.hasSecureBoot };
  return secureBootPolicyEvents({ banks: ['sha256'] }, policy).flatMap(
    ({ digests }) => digests.sha256 ?? [],
  );
}

async function launchDigest(firmware: string): Promise<string> {
  using source = await openSource(firmware);
  return toHex(snpDigest({ firmware: source, ...LAUNCH }).digest);
}
