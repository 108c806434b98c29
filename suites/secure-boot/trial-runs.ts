import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pRetry from 'p-retry';
import { FormatError } from '../../harness/bytes/format-error.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import { readVariableStore, type VariableStore } from '../../harness/formats/efi-variable-store.ts';
import { type OvmfBuild, readOvmfBuild } from '../../harness/formats/ovmf-build.ts';
import { readPe } from '../../harness/formats/pe.ts';
import { readShim, type Shim } from '../../harness/formats/shim.ts';
import {
  makeConductor,
  type Trial,
  trialsIn,
  WITNESS_STATUS,
} from '../../harness/formats/trial-program.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import { DistributionPki } from '../../harness/images/distribution-pki.ts';
import { makePkiStore } from '../../harness/images/pki-store.ts';
import { signedShim } from '../../harness/images/shim-disk.ts';
import type { JudgedTrial, TrialReport } from '../../harness/judge/judge-image-trials.ts';
import { Machine } from '../../harness/machine/machine.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { efiImageKind } from '../../harness/predict/load-image.ts';
import { authoriseByShim } from '../../harness/predict/shim/shim-authorisation.ts';
import { runDirectBoot, type SeenBoot } from '../../harness/vm/direct-boot-run.ts';
import { shareOf } from '../admission.ts';
import { firmwareRunOf, type Setting } from '../setting.ts';
import { Stock } from '../stock.ts';
import { madeImages, type TrialImage } from './made-images.ts';
import { microsoftCertificates } from './microsoft-certificates.ts';
import { mutatedImages } from './mutated-images.ts';
import { type ShimBefore, shimBefore } from './shim-before.ts';
import { authenticodeOf, signedImage } from './signed-image.ts';
import { type TrialStoreName, trialStore } from './trial-stores.ts';

/** Mutations that each run tries besides what is made on purpose. */
const MUTATIONS = 60;
const SEED = 1;

/** Images that differ in nothing but who signed them, if anybody did. */
const SOUND = ['not signed', 'signed by uki', 'signed by foreign'];

const MEMORY_MIB = 512;
const RETRIES = 1;

/** EV_SEPARATOR of a boot without errors (PC Client PFP 1.06, 10.4.1). */
const SEPARATOR = 'df3f619804a92fdb4057192dc43dd748ea778adc52bc498ce80524c014b81119';

/** EV_EFI_ACTION of a boot attempt and of its end (PC Client PFP 1.06, 10.4.4). */
const ACTIONS = [
  'Calling EFI Application from Boot Option',
  'Returning from EFI Application from Boot Option',
].map((text) => createHash('sha256').update(text).digest('hex'));

/** What PCR 4 gets besides programs. */
const NO_PROGRAMS = [SEPARATOR, ...ACTIONS];

/** Status codes of UEFI 2.11, appendix D, without their highest bit. */
const STATUS: Readonly<Record<string, string>> = {
  '1': 'EFI_LOAD_ERROR',
  '2': 'EFI_INVALID_PARAMETER',
  '3': 'EFI_UNSUPPORTED',
  f: 'EFI_ACCESS_DENIED',
  '1a': 'EFI_SECURITY_VIOLATION',
};

/** The images of a run, and the program that tries them. */
type Program = {
  readonly images: readonly TrialImage[];
  readonly path: string;
  readonly bytes: Uint8Array;
};

/** What every run stands on; made once. */
type Bench = {
  readonly pki: DistributionPki;
  readonly all: Program;
  /** Sound as programs, whoever signed them. */
  readonly sound: Program;
  readonly build: OvmfBuild;
  readonly shimFile: Uint8Array;
  readonly shim: Shim;
};

/** Runs in which firmware, or shim, tries all images with one variable store; each is made once. */
export class TrialRuns implements AsyncDisposable {
  readonly #setting: Setting;
  readonly #admission: Admission;
  readonly #stock: Stock;
  readonly #reaper = Reaper.start();
  readonly #reports = new Map<TrialStoreName, Promise<TrialReport>>();
  #bench: Promise<Bench> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#setting = setting;
    this.#admission = admission;
    this.#stock = new Stock(setting.stock);
  }

  /**
   * What became of the images with a store, tried now where they were not tried before.
   *
   * @throws what {@link runDirectBoot} throws, each time it is asked for
   */
  of(store: TrialStoreName, signal: AbortSignal): Promise<TrialReport> {
    const report = this.#reports.get(store) ?? this.#run(store, signal);
    this.#reports.set(store, report);
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reaper[Symbol.asyncDispose]();
  }

  async #run(name: TrialStoreName, signal: AbortSignal): Promise<TrialReport> {
    this.#bench ??= this.#makeBench();
    const bench = await this.#bench;
    const { loader, onlySound = false } = trialStore(name);
    const program = onlySound ? bench.sound : bench.all;
    const { machine, store } = await this.#machine(name, bench, program.path);
    const count = program.images.length;
    using _place = await this.#admission.enter({ ...shareOf(machine), signal });
    const request = {
      machine,
      shim: loader === 'shim' ? signedShim(this.#stock.toolbox) : undefined,
      isOver: ({ console }: SeenBoot) => trialsIn(console).length === count,
      until: 'the last image',
      directory: join(this.#setting.run, firmwareRunOf(name)),
    };
    const seen = await pRetry(
      () => runDirectBoot(request, { ...this.#setting, reaper: this.#reaper, signal }),
      { retries: RETRIES, minTimeout: 0, shouldRetry: ({ error }) => error instanceof InfraError },
    );
    return reportOf(name, { ...bench, ...program }, store, seen);
  }

  async #makeBench(): Promise<Bench> {
    const { toolbox } = this.#stock;
    const pki = await DistributionPki.open(this.#setting.cache, toolbox, { reaper: this.#reaper });
    const made = madeImages(pki);
    const all = await this.#program('all', pki, [...made, ...mutatedImages(pki, SEED, MUTATIONS)]);
    const isSound = ({ name }: TrialImage) => SOUND.includes(name);
    const sound = await this.#program('sound', pki, made.filter(isSound));
    const code = await readFile(this.#firmware.code.path);
    const shimFile = new Uint8Array(await readFile(signedShim(toolbox)));
    const source = bytesSource('shim', shimFile);
    const shim = readShim(source, readPe(source));
    if (shim === undefined) throw new TypeError('the toolbox has no shim');
    const build = readOvmfBuild(bytesSource('firmware', new Uint8Array(code)));
    return { pki, all, sound, build, shimFile, shim };
  }

  async #program(
    name: string,
    pki: DistributionPki,
    images: readonly TrialImage[],
  ): Promise<Program> {
    const bytes = signedImage(makeConductor(images.map((image) => image.bytes)), pki, 'bench');
    return { images, bytes, path: await this.#stock.keepInput(`conductor-${name}.efi`, bytes) };
  }

  async #machine(name: TrialStoreName, { pki, shimFile }: Bench, kernel: string) {
    const { code, vars } = this.#firmware;
    if (vars === null) throw new TypeError('a firmware with Secure Boot has a variable store');
    const directory = join(this.#setting.run, 'inputs');
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const path = join(directory, `${name}.fd`);
    const microsoft = microsoftCertificates(shimFile);
    const content = trialStore(name).content({ pki, microsoft });
    const tools = this.#stock.toolbox;
    await makePkiStore(content, pki, { empty: vars.path, store: path }, tools, {
      reaper: this.#reaper,
    });
    const machine = Machine.parse({
      name,
      firmware: { kind: 'pflash', code: code.path, vars: path, smm: true },
      boot: { kind: 'kernel', kernel },
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

/** One image's forecast. */
type Forecast = {
  readonly boots: boolean;
  readonly reason: string;
  readonly events: readonly ExpectedEvent[];
};

function reportOf(
  name: TrialStoreName,
  bench: Bench & Program,
  store: VariableStore,
  seen: SeenBoot,
): TrialReport {
  const { loader } = trialStore(name);
  const forecasts = bench.images.map(({ bytes }) => forecast(bytes, bench, store, loader, false));
  const own = forecast(bench.bytes, bench, store, loader, true);
  const before = loader === 'shim' ? shimBefore(bench, store) : NOTHING_BEFORE;
  const policy = secureBootPolicyEvents(
    { banks: ['sha256'] },
    { store, hasSecureBoot: true },
  ).flatMap(({ digests: { sha256 } }) => sha256 ?? []);
  const seenTrials = trialsIn(seen.console);
  const trials = bench.images.map((image, index) =>
    judgedTrial(image, forecasts[index] ?? own, seenTrials[index]),
  );
  const conductor = authenticodeOf(bench.bytes);
  const started = trials.filter(
    ({ predicted }, at) => predicted.boots && isProgram(bench.images[at], loader),
  );
  const digests = (pcr: number) =>
    seen.extends.flatMap((one) => (one.pcr === pcr ? (one.digests['sha256'] ?? []) : []));
  return {
    store: name,
    loader,
    trials,
    conductor,
    measured: {
      pcr4: digests(4).filter((one) => !NO_PROGRAMS.includes(one)),
      pcr7: digests(7),
    },
    expected: {
      pcr4: [...before.programs, conductor, ...started.flatMap(({ digest }) => digest ?? [])],
      pcr7: [...policy, ...before.authorities, ...eachOnce([own, ...forecasts])],
    },
  };
}

/** The firmware measures drivers in PCR 2; shim knows no difference. */
function isProgram(image: TrialImage | undefined, loader: TrialReport['loader']): boolean {
  if (image === undefined || loader === 'shim') return image !== undefined;
  return efiImageKind(readPe(bytesSource(image.name, image.bytes))) === 'application';
}

const NOTHING_BEFORE: ShimBefore = { programs: [], authorities: [] };

/** Firmware and shim measure an authority when they first meet it. */
function eachOnce(forecasts: readonly Forecast[]): readonly string[] {
  const digests = forecasts.flatMap(({ events }) => events.map((event) => event.digests.sha256));
  return [...new Set(digests)].filter((digest) => digest !== undefined);
}

function forecast(
  bytes: Uint8Array,
  { build, shim }: Bench,
  store: VariableStore,
  loader: TrialReport['loader'],
  needsSbat: boolean,
): Forecast {
  const source = bytesSource('image', bytes);
  const banks = { banks: ['sha256'] } as const;
  try {
    const judged =
      loader === 'firmware'
        ? authoriseImage(banks, source, store, undefined, build).firmware
        : authoriseByShim(banks, { source, pe: readPe(source) }, store.variables, shim, needsSbat);
    if (judged === undefined) throw new TypeError('shim has nothing to judge by');
    const { verdict, events } = judged;
    return { boots: verdict.allowed, reason: verdict.allowed ? '' : verdict.reason, events };
  } catch (error) {
    if (error instanceof FormatError) return { boots: false, reason: error.message, events: [] };
    throw error;
  }
}

function judgedTrial(
  { name, bytes }: TrialImage,
  { boots, reason }: Forecast,
  trial: Trial | undefined,
): JudgedTrial {
  const started = trial?.load === 0n && trial.start === WITNESS_STATUS;
  const status = statusOf(trial?.load === 0n ? trial.start : trial?.load);
  return {
    what: name,
    predicted: { boots, reason },
    observed: { started, status },
    digest: boots ? authenticodeOf(bytes) : undefined,
  };
}

function statusOf(status: bigint | undefined): string {
  if (status === undefined) return 'no answer';
  const number = (status & 0x7fff_ffff_ffff_ffffn).toString(16);
  return STATUS[number] ?? `status 0x${status.toString(16)}`;
}
