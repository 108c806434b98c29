import { readFile } from 'node:fs/promises';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { VariableStore } from '../../harness/formats/efi-variable-store.ts';
import {
  loadOptionsIn,
  makeLoadOptionsProgram,
} from '../../harness/formats/load-options-program.ts';
import { readPe } from '../../harness/formats/pe.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { unsignedSystemdBoot } from '../../harness/images/signed-systemd-boot.ts';
import { makeSmallUki } from '../../harness/images/small-uki.ts';
import type { BootAuthority, JudgedAuthority } from '../../harness/judge/judge-authority.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { extendPcr, zeroPcr } from '../../harness/measure/bank.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { authoriseByShim } from '../../harness/predict/shim/shim-authorisation.ts';
import { BOOT_EXTENDS, sha256Extends } from '../../harness/tpm/boot-extends.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import { IMAGES } from '../images.ts';
import type { Setting } from '../setting.ts';
import {
  type AuthorityCell,
  DESIGNS,
  ENROLMENTS,
  isByShim,
  nameOfCell,
  payloadOf,
  storeOf,
} from './authority-cells.ts';
import { CELL_COMMAND_LINE, type CellImage, CellImages, kernelOf } from './cell-images.ts';
import { type BenchParts, FirmwareBench } from './firmware-bench.ts';
import { shimBefore } from './shim-before.ts';
import { authenticodeOf } from './signed-image.ts';

const MEMORY_MIB = 768;

/** Room for a kernel and two boot loaders. */
const ESP_MIB = 40;

/** What PCR 4 gets before the first program of a boot option. */
const ATTEMPT = [BOOT_EXTENDS.calling, BOOT_EXTENDS.separator];

const BANKS = { banks: ['sha256'] } as const;

/** What every cell stands on; made once. */
type Bench = BenchParts & { readonly images: CellImages };

/** Boots of the table of authorities, each until its kernel is started; each is made once. */
export class AuthorityRuns implements AsyncDisposable {
  readonly #bench: FirmwareBench;
  readonly #cells = new Map<string, Promise<JudgedAuthority>>();
  #images: Promise<CellImages> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#bench = new FirmwareBench(setting, admission);
  }

  /**
   * The boot of a cell, made now where it was not made before.
   *
   * @throws what {@link FirmwareBench.run} throws, each time it is asked for
   */
  of(cell: AuthorityCell, signal: AbortSignal): Promise<JudgedAuthority> {
    const name = nameOfCell(cell);
    const run = this.#cells.get(name) ?? this.#run(cell, signal);
    this.#cells.set(name, run);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  async #run(cell: AuthorityCell, signal: AbortSignal): Promise<JudgedAuthority> {
    const parts = await this.#bench.parts();
    this.#images ??= this.#openImages(parts);
    const bench = { ...parts, images: await this.#images };
    const image = bench.images.of(cell);
    const { machine, store } = await this.#machine(cell, image, bench);
    const until = { isOver: hasStartedTheKernel, until: 'the start of the kernel' };
    const seen = await this.#bench.run(
      machine,
      until,
      isByShim(cell) && image.esp === undefined,
      signal,
    );
    const forecast = forecastOf(cell, image, bench, store);
    return {
      what: `${payloadOf(cell)}, ${DESIGNS[cell.design].text}, ${ENROLMENTS[cell.enrolment]}`,
      predicted: authorityOf(forecast.events, forecast.programs, forecast.events),
      observed: observedOf(seen, forecast.events),
    };
  }

  async #openImages({ pki, shimFile }: BenchParts): Promise<CellImages> {
    const { stock } = this.#bench;
    const systemdBoot = new Uint8Array(await readFile(unsignedSystemdBoot(stock.toolbox)));
    // Of a genuine kernel, firmware and stub would hash 12 MB three times, in four banks, for the same PCR 7.
    const parts = {
      kernel: await this.#bench.keep('authorities', 'kernel.efi', makeLoadOptionsProgram()),
      cmdline: CELL_COMMAND_LINE,
      directory: await this.#bench.directoryOf('authorities'),
    };
    const uki = await makeSmallUki(parts, stock.toolbox, this.#bench.context);
    const kernel = await kernelOf(stock.disk(IMAGES.ukiVerity).uki);
    return await CellImages.open(pki, { uki, kernel }, { shim: shimFile, systemdBoot });
  }

  async #machine(cell: AuthorityCell, image: CellImage, { microsoft }: Bench) {
    const name = nameOfCell(cell);
    const content = storeOf(cell, microsoft);
    const boot = await this.#bootOf(name, image);
    return await this.#bench.machine({ name, content, boot, memoryMiB: MEMORY_MIB });
  }

  async #bootOf(
    name: string,
    { programs: [first], initrd, esp }: CellImage,
  ): Promise<Machine['boot']> {
    if (esp !== undefined) return await this.#bench.espDisk(name, esp, ESP_MIB);
    const keep = (file: string, bytes: Uint8Array) => this.#bench.keep(name, file, bytes);
    const kernel = await keep('kernel.efi', first);
    if (initrd === undefined) return { kind: 'kernel', kernel };
    return {
      kind: 'kernel',
      kernel,
      initrd: await keep('initrd', initrd),
      cmdline: CELL_COMMAND_LINE,
    };
  }
}

/** Of what Linux's EFI stub measures, its command line first (Linux, drivers/firmware/efi/libstub). */
const STUB_PCR = 9;

/**
 * From then on no program is loaded by firmware or shim. Next a genuine kernel unpacks itself, for nobody; that of
 * a UKI has told what it was started with, and does no more.
 */
function hasStartedTheKernel({ extends: all, console }: SeenBoot): boolean {
  return sha256Extends(all, STUB_PCR).length > 0 || loadOptionsIn(console) !== undefined;
}

/** An event of PCR 7 that is forecast: its digest, and what it is. */
type Forecast7 = { readonly digest: string; readonly description: string };

type Forecast = { readonly events: readonly Forecast7[]; readonly programs: readonly string[] };

function forecastOf(
  cell: AuthorityCell,
  { programs, esp }: CellImage,
  bench: Bench,
  store: VariableStore,
): Forecast {
  const policy = secureBootPolicyEvents(BANKS, { store, hasSecureBoot: true }).map(asForecast);
  const digests = programs.map((image) => authenticodeOf(image));
  if (!isByShim(cell)) {
    const events = programs.flatMap((image) => firmwareEvents(image, bench, store));
    return { events: [...policy, ...once(events)], programs: [...digests, ...ATTEMPT] };
  }
  const before = shimBefore(bench, store);
  const own = before.authorities.map((digest) => ({ digest, description: 'shim' }));
  const events = programs.flatMap((image, at) => shimEvents(image, bench, store, at === 0));
  // What QEMU gives the firmware is loaded before the boot manager says that it starts something.
  const started =
    esp === undefined ? [...before.programs, ...ATTEMPT] : [...ATTEMPT, ...before.programs];
  return { events: [...policy, ...own, ...once(events)], programs: [...started, ...digests] };
}

function firmwareEvents(image: Uint8Array, { build }: Bench, store: VariableStore) {
  const source = bytesSource('image', image);
  return authoriseImage(BANKS, source, store, undefined, build).firmware.events.map(asForecast);
}

function shimEvents(image: Uint8Array, { shim }: Bench, store: VariableStore, isSecond: boolean) {
  const source = bytesSource('image', image);
  const parts = { source, pe: readPe(source) };
  const judged = authoriseByShim(BANKS, parts, store.variables, shim, isSecond);
  return (judged?.events ?? []).map(asForecast);
}

function asForecast({ digests, description }: ExpectedEvent): Forecast7 {
  return { digest: digests.sha256 ?? '', description };
}

function once(events: readonly Forecast7[]): readonly Forecast7[] {
  return events.filter(
    ({ digest }, at) => events.findIndex((other) => other.digest === digest) === at,
  );
}

function observedOf({ extends: all }: SeenBoot, known: readonly Forecast7[]): BootAuthority {
  const events = sha256Extends(all, 7).map((digest) => ({ digest, description: '' }));
  return authorityOf(events, sha256Extends(all, 4), known);
}

/** The last event of PCR 7 is that of what was started last. */
function authorityOf(
  events: readonly Forecast7[],
  programs: readonly string[],
  known: readonly Forecast7[],
): BootAuthority {
  const last = events.at(-1)?.digest;
  return {
    authority: known.find(({ digest }) => digest === last)?.description,
    pcr4: pcrValue(programs),
    pcr7: pcrValue(events.map(({ digest }) => digest)),
  };
}

function pcrValue(digests: readonly string[]): string {
  return digests.reduce((pcr, digest) => extendPcr('sha256', pcr, digest), zeroPcr('sha256'));
}
