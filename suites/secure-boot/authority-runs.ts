import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { bytesSource } from '../../harness/bytes/source.ts';
import { readVariableStore, type VariableStore } from '../../harness/formats/efi-variable-store.ts';
import { type OvmfBuild, readOvmfBuild } from '../../harness/formats/ovmf-build.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { readShim, type Shim } from '../../harness/formats/shim.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { makePkiStore } from '../../harness/images/pki-store.ts';
import { signedShim } from '../../harness/images/shim-disk.ts';
import type { BootAuthority, JudgedAuthority } from '../../harness/judge/judge-authority.ts';
import { Machine } from '../../harness/machine/machine.ts';
import { extendPcr, zeroPcr } from '../../harness/measure/bank.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { authoriseByShim } from '../../harness/predict/shim/shim-authorisation.ts';
import { runDirectBoot, type SeenBoot } from '../../harness/vm/direct-boot-run.ts';
import { shareOf } from '../admission.ts';
import { IMAGES } from '../images.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import {
  type AuthorityCell,
  DESIGNS,
  ENROLMENTS,
  isByShim,
  nameOfCell,
  payloadOf,
  storeOf,
} from './authority-cells.ts';
import { type CellImage, CellImages } from './cell-images.ts';
import { microsoftCertificates } from './microsoft-certificates.ts';
import { shimBefore } from './shim-before.ts';
import { authenticodeOf } from './signed-image.ts';

const MEMORY_MIB = 768;
const RETRIES = 1;

const sha256 = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

/** EV_SEPARATOR and EV_EFI_ACTIONs (PC Client PFP 1.06, 10.4). */
const SEPARATOR = sha256(new Uint8Array(4));
const CALLING = sha256('Calling EFI Application from Boot Option');
const EXIT_BOOT_SERVICES = sha256('Exit Boot Services Invocation');

const BANKS = { banks: ['sha256'] } as const;

/** What every cell stands on; made once. */
type Bench = {
  readonly pki: DistributionPki;
  readonly images: CellImages;
  readonly build: OvmfBuild;
  readonly shimFile: Uint8Array;
  readonly shim: Shim;
};

/** Boots of the table of authorities, each until its kernel is started; each is made once. */
export class AuthorityRuns implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #stock: Stock;
  readonly #reaper = Reaper.start();
  readonly #cells = new Map<string, Promise<JudgedAuthority>>();
  #bench: Promise<Bench> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#stock = new Stock(setting.stock);
  }

  /**
   * The boot of a cell, made now where it was not made before.
   *
   * @throws what {@link runDirectBoot} throws, each time it is asked for
   */
  of(cell: AuthorityCell, signal: AbortSignal): Promise<JudgedAuthority> {
    const name = nameOfCell(cell);
    const run = this.#cells.get(name) ?? this.#run(cell, signal);
    this.#cells.set(name, run);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #run(cell: AuthorityCell, signal: AbortSignal): Promise<JudgedAuthority> {
    this.#bench ??= this.#makeBench();
    const bench = await this.#bench;
    const image = bench.images.of(cell);
    const { machine, store } = await this.#machine(cell, image, bench);
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    const request = {
      machine,
      shim: isByShim(cell) ? signedShim(this.#stock.toolbox) : undefined,
      isOver: hasLeftTheFirmware,
      until: 'the start of the kernel',
      directory: join(this.#setting.run, firmwareRunOf(machine.name)),
    };
    const seen = await pRetry(
      () => runDirectBoot(request, { ...this.#setting, reaper: this.#reaper, signal }),
      { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => error instanceof InfraError },
    );
    const forecast = forecastOf(cell, image, bench, store);
    return {
      what: `${payloadOf(cell)}, ${DESIGNS[cell.design].text}, ${ENROLMENTS[cell.enrolment]}`,
      predicted: authorityOf(forecast.events, forecast.programs, forecast.events),
      observed: observedOf(seen, forecast.events),
    };
  }

  async #makeBench(): Promise<Bench> {
    const { toolbox } = this.#stock;
    const pki = await DistributionPki.open(this.#setting.cache, toolbox, { reaper: this.#reaper });
    const images = await CellImages.open(pki, this.#stock.disk(IMAGES.ukiVerity).uki);
    const code = new Uint8Array(await readFile(this.#firmware.code.path));
    const shimFile = new Uint8Array(await readFile(signedShim(toolbox)));
    const source = bytesSource('shim', shimFile);
    const shim = readShim(source, readPe(source));
    if (shim === undefined) throw new TypeError('the toolbox has no shim');
    const build = readOvmfBuild(bytesSource('firmware', code));
    return { pki, images, build, shimFile, shim };
  }

  async #machine(cell: AuthorityCell, image: CellImage, { pki, shimFile }: Bench) {
    const { code, vars } = this.#firmware;
    if (vars === null) throw new TypeError('a firmware with Secure Boot has a variable store');
    const name = nameOfCell(cell);
    const directory = join(this.#setting.run, 'inputs', name);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = async (of: string, bytes: Uint8Array) => {
      await writeFileAtomically(join(directory, of), bytes);
      return join(directory, of);
    };
    const path = join(directory, 'vars.fd');
    const content = storeOf(cell, microsoftCertificates(shimFile));
    const context = { reaper: this.#reaper };
    const files = { empty: vars.path, store: path };
    await makePkiStore(content, pki, files, this.#stock.toolbox, context);
    const machine = Machine.parse({
      name,
      firmware: { kind: 'pflash', code: code.path, vars: path, smm: true },
      boot: {
        kind: 'kernel',
        kernel: await file('kernel.efi', image.kernel),
        ...(image.initrd && { initrd: await file('initrd', image.initrd), cmdline: 'quiet' }),
      },
      vcpus: 1,
      memoryMiB: MEMORY_MIB,
    });
    const bytes = new Uint8Array(await readFile(path));
    return { machine, store: readVariableStore(bytesSource(name, bytes)) };
  }

  get #firmware() {
    return this.#stock.firmware('2026.08', 'secure-boot');
  }
}

/** From then on no program is loaded by firmware or shim. */
function hasLeftTheFirmware({ extends: all }: SeenBoot): boolean {
  return all.some(({ pcr, digests }) => pcr === 5 && digests['sha256'] === EXIT_BOOT_SERVICES);
}

/** An event of PCR 7 that is forecast: its digest, and what it is. */
type Forecast7 = { readonly digest: string; readonly description: string };

type Forecast = { readonly events: readonly Forecast7[]; readonly programs: readonly string[] };

function forecastOf(
  cell: AuthorityCell,
  { kernel, loaded }: CellImage,
  bench: Bench,
  store: VariableStore,
): Forecast {
  const policy = secureBootPolicyEvents(BANKS, { store, hasSecureBoot: true }).map(asForecast);
  const images = [kernel, ...(loaded ? [loaded] : [])];
  const digests = images.map((image) => authenticodeOf(image));
  if (!isByShim(cell)) {
    const events = images.flatMap((image) => firmwareEvents(image, bench, store));
    return { events: [...policy, ...once(events)], programs: [...digests, CALLING, SEPARATOR] };
  }
  const before = shimBefore(bench, store);
  const own = before.authorities.map((digest) => ({ digest, description: 'shim' }));
  const events = images.flatMap((image, at) => shimEvents(image, bench, store, at === 0));
  return {
    events: [...policy, ...own, ...once(events)],
    programs: [...before.programs, CALLING, SEPARATOR, ...digests],
  };
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
  const of = (wanted: number) =>
    all.flatMap(({ pcr, digests }) => (pcr === wanted ? (digests['sha256'] ?? []) : []));
  const events = of(7).map((digest) => ({ digest, description: '' }));
  return authorityOf(events, of(4), known);
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
