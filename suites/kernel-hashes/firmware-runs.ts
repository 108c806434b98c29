import { join } from 'node:path';
import pRetry from 'p-retry';
import {
  type FirmwareModule,
  readFirmwareModules,
} from '../../harness/formats/firmware-modules.ts';
import { entryPointOf } from '../../harness/formats/loaded-module.ts';
import { readOvmfFooter } from '../../harness/formats/ovmf-footer.ts';
import { type GuestArea, readOvmfSev } from '../../harness/formats/ovmf-sev.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { type JudgedLoad, LOADER } from '../../harness/judge/judge-kernel-load.ts';
import { type FirmwareRun, runFirmware } from '../../harness/vm/firmware-run.ts';
import type { FirmwareSnapshot } from '../../harness/vm/firmware-snapshot.ts';
import { FIRMWARE_SECONDS, shareOf } from '../admission.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { askedLoad, tableInMemory } from './asked-load.ts';
import type { KernelHashesCase } from './case.ts';
import { CaseMachines } from './case-machines.ts';
import { KERNEL_HASHES_CASES } from './cases.ts';
import type { KernelHashesParts } from './inputs.ts';
import { launchDigestWith } from './launch-digest-with.ts';
import { type Loader, LoaderStarts } from './loader-starts.ts';
import { type GivenFiles, observedLoad, placeOfHalt } from './observed-load.ts';
import { kernelHashesParts } from './parts.ts';

/** A case that the loader refuses: where it stops tells where the loader is in memory. */
const REFUSED = 'kernel-bit';

/** Cases that are run from power-on too, one that boots and one that is refused: both ways are to end the same. */
const FROM_POWER_ON: ReadonlySet<string> = new Set(['good', REFUSED]);

/** One more attempt where QEMU or swtpm broke. */
const RETRIES = 1;

/** The firmware as the runs need it. */
type Firmware = { readonly area: GuestArea; readonly modules: readonly FirmwareModule[] };

/** A run of a case. */
type Run = {
  readonly load: JudgedLoad;
  readonly run: FirmwareRun;
  /** Whether it went on from where the firmware had not looked yet at what it boots. */
  readonly isForked: boolean;
};

/** The runs of the firmware: each case is run once, and serves as twin of others. */
export class FirmwareRuns implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #reaper = Reaper.start();
  readonly #parts: KernelHashesParts;
  readonly #machines: CaseMachines;
  readonly #starts: LoaderStarts;
  readonly #runs = new Map<string, Promise<Run>>();
  #firmware: Promise<Firmware> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#parts = kernelHashesParts(new Stock(setting.stock));
    this.#machines = new CaseMachines(this.#parts, join(setting.run, 'inputs'));
    const context = { ...setting, reaper: this.#reaper, admission };
    this.#starts = new LoaderStarts(this.#machines, context, (signal) => this.#loader(signal));
  }

  /**
   * The run of a case, made now where it was not made before: of some from power-on, of most from where the
   * firmware has not looked yet at what the cases differ in.
   *
   * @throws what {@link runFirmware} throws, each time it is asked for
   */
  async of(name: string, signal: AbortSignal): Promise<JudgedLoad> {
    if (FROM_POWER_ON.has(name)) return (await this.#fromPowerOn(name, signal)).load;
    return (await this.#forked(name, signal)).load;
  }

  /**
   * A run of a case like that from power-on, which went on from where most do.
   *
   * @returns `undefined` where nothing goes on from anywhere, or the case is not one of those from power-on
   * @throws as {@link of} does
   */
  async forkOf(name: string, signal: AbortSignal): Promise<JudgedLoad | undefined> {
    if (!FROM_POWER_ON.has(name)) return undefined;
    const start = await this.#starts.of(caseOf(name).given, signal);
    if (start === undefined) return undefined;
    const { load, isForked } = await this.#forked(name, signal);
    return isForked ? load : undefined;
  }

  /** The launch digest of an SNP guest with what the area for the table of a case held. */
  async launchDigest(name: string, signal: AbortSignal): Promise<string> {
    const { observed } = await this.of(name, signal);
    return await launchDigestWith(observed.table, this.#parts.firmware);
  }

  /** The launch digest of an SNP guest with the table that QEMU would have made for a case. */
  async completeLaunchDigest(name: string): Promise<string> {
    const { table: _, ...usual } = caseOf(name);
    const { area } = await this.#readFirmware();
    const table = await tableInMemory(usual, area, this.#machines);
    return await launchDigestWith(table, this.#parts.firmware);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#starts[Symbol.asyncDispose]();
    await this.#reaper[Symbol.asyncDispose]();
  }

  #fromPowerOn(name: string, signal: AbortSignal): Promise<Run> {
    return this.#once(name, () => this.#run(name, firmwareRunOf(name), undefined, signal));
  }

  #forked(name: string, signal: AbortSignal): Promise<Run> {
    const place = FROM_POWER_ON.has(name) ? `${name}-forked` : name;
    return this.#once(place, async () => {
      const start = await this.#starts.of(caseOf(name).given, signal);
      return await this.#run(name, firmwareRunOf(place), start, signal);
    });
  }

  #once(place: string, make: () => Promise<Run>): Promise<Run> {
    const run = this.#runs.get(place) ?? make();
    this.#runs.set(place, run);
    return run;
  }

  /** Where nothing comes of going on, the run is made from power-on. */
  async #run(
    name: string,
    directory: string,
    start: FirmwareSnapshot | undefined,
    signal: AbortSignal,
  ): Promise<Run> {
    const one = caseOf(name);
    const { area, modules } = await this.#readFirmware();
    const asked = await askedLoad(one, area, this.#machines);
    const { machine, given } = await this.#machines.of(name, one);
    const request = {
      machine,
      ...changesOf(given),
      hashTableAddress: area.base,
      memory: { address: area.base, size: area.size },
      directory: join(this.#setting.run, directory),
    };
    using _place = await this.#admission.enter({ ...shareOf(machine, FIRMWARE_SECONDS), signal });
    const context = { ...this.#setting, reaper: this.#reaper, signal };
    let from = start;
    const run = await pRetry(
      async (attempt) => {
        from = attempt === 1 ? start : undefined;
        return await runFirmware({ ...request, from }, context);
      },
      { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => error instanceof InfraError },
    );
    const load = { asked, observed: await observedLoad(run, given, modules) };
    return { load, run, isForked: from !== undefined };
  }

  /** Where the loader is in memory; `undefined` where the firmware does not refuse what it should. */
  async #loader(signal: AbortSignal): Promise<Loader | undefined> {
    const { run } = await this.#fromPowerOn(REFUSED, signal);
    const { area, modules } = await this.#readFirmware();
    const place = placeOfHalt(run, modules);
    if (run.end.kind === 'started' || place?.module.name !== LOADER) return undefined;
    const table = { address: area.base, size: area.size };
    return { entry: entryPointOf(place, run.end.instruction), table };
  }

  #readFirmware(): Promise<Firmware> {
    this.#firmware ??= readFirmware(this.#parts.firmware);
    return this.#firmware;
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
