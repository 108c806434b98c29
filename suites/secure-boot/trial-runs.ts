import { createHash } from 'node:crypto';
import { FormatError } from '../../harness/bytes/format-error.ts';
import { bytesSource } from '../../harness/bytes/source.ts';
import type { VariableStore } from '../../harness/formats/efi-variable-store.ts';
import { readPe } from '../../harness/formats/pe.ts';
import {
  makeConductor,
  type Trial,
  trialsIn,
  WITNESS_STATUS,
} from '../../harness/formats/trial-program.ts';
import type { Admission } from '../../harness/host/admission.ts';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import type { JudgedTrial, TrialReport } from '../../harness/judge/trial-report.ts';
import type { ExpectedEvent } from '../../harness/measure/event.ts';
import { authoriseImage } from '../../harness/predict/authorisation.ts';
import { secureBootPolicyEvents } from '../../harness/predict/firmware/secure-boot.ts';
import { efiImageKind } from '../../harness/predict/load-image.ts';
import { authoriseByShim } from '../../harness/predict/shim/shim-authorisation.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { Setting } from '../setting.ts';
import { type BenchParts, FirmwareBench } from './firmware-bench.ts';
import { madeImages, type TrialImage } from './made-images.ts';
import { mutatedImages } from './mutated-images.ts';
import { type ShimBefore, shimBefore } from './shim-before.ts';
import { authenticodeOf, signedImage } from './signed-image.ts';
import { type TrialStoreName, trialStore } from './trial-stores.ts';

/** Mutations of each seed that each run tries besides what is made on purpose. */
const MUTATIONS = 20;
const SEEDS = [1, 2, 5];

/** Images that differ in nothing but who signed them, if anybody did. */
const SOUND = ['not signed', 'signed by uki', 'signed by foreign'];

const MEMORY_MIB = 512;

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
type Bench = BenchParts & {
  readonly all: Program;
  /** Sound as programs, whoever signed them. */
  readonly sound: Program;
};

/** Runs in which firmware, or shim, tries all images with one variable store; each is made once. */
export class TrialRuns implements AsyncDisposable {
  readonly #bench: FirmwareBench;
  readonly #reports = new Map<TrialStoreName, Promise<TrialReport>>();
  #parts: Promise<Bench> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#bench = new FirmwareBench(setting, admission);
  }

  /**
   * What became of the images with a store, tried now where they were not tried before.
   *
   * @throws what {@link FirmwareBench.run} throws, each time it is asked for
   */
  of(store: TrialStoreName, signal: AbortSignal): Promise<TrialReport> {
    const report = this.#reports.get(store) ?? this.#run(store, signal);
    this.#reports.set(store, report);
    return report;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  async #run(name: TrialStoreName, signal: AbortSignal): Promise<TrialReport> {
    this.#parts ??= this.#makePrograms();
    const bench = await this.#parts;
    const { loader, content, onlySound = false } = trialStore(name);
    const program = onlySound ? bench.sound : bench.all;
    const { machine, store } = await this.#bench.machine({
      name,
      content: content(bench),
      boot: { kind: 'kernel', kernel: program.path },
      memoryMiB: MEMORY_MIB,
    });
    const count = program.images.length;
    const until = {
      isOver: ({ console }: SeenBoot) => trialsIn(console).length === count,
      until: 'the last image',
    };
    const seen = await this.#bench.run(machine, until, loader === 'shim', signal);
    return reportOf(name, { ...bench, ...program }, store, seen);
  }

  async #makePrograms(): Promise<Bench> {
    const parts = await this.#bench.parts();
    const { pki } = parts;
    const made = madeImages(pki);
    const mutated = SEEDS.flatMap((seed) => mutatedImages(pki, seed, MUTATIONS));
    const all = await this.#program('all', pki, [...made, ...mutated]);
    const isSound = ({ name }: TrialImage) => SOUND.includes(name);
    const sound = await this.#program('sound', pki, made.filter(isSound));
    return { ...parts, all, sound };
  }

  async #program(
    name: string,
    pki: DistributionPki,
    images: readonly TrialImage[],
  ): Promise<Program> {
    const bytes = signedImage(makeConductor(images.map((image) => image.bytes)), pki, 'bench');
    const path = await this.#bench.stock.keepInput(`conductor-${name}.efi`, bytes);
    return { images, bytes, path };
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
