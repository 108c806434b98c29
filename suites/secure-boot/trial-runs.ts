import { lostTrial, makeConductor, trialsIn } from '../../harness/formats/trial-program.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { InfraError } from '../../harness/host/errors.ts';
import type { DistributionPki } from '../../harness/images/distribution-pki.ts';
import type { TrialReport } from '../../harness/judge/trial-report.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { Setting } from '../setting.ts';
import { type BenchParts, FirmwareBench } from './firmware-bench.ts';
import { madeImages } from './made-images.ts';
import { mutatedImages } from './mutated-images.ts';
import { signedImage } from './signed-image.ts';
import { type TrialProgram, trialReport } from './trial-report.ts';
import { type TrialStoreName, trialStore } from './trial-stores.ts';
import type { TrialImage } from './witness-image.ts';

/** Mutations of each seed that each run tries besides what is made on purpose. */
const MUTATIONS = 20;
const SEEDS = [1, 2, 5];

/** Images that differ in nothing but who signed them, if anybody did. */
const SOUND = ['not signed', 'signed by uki', 'signed by foreign'];

const MEMORY_MIB = 512;

/** What every run stands on; made once. */
type Bench = BenchParts & {
  readonly all: TrialProgram;
  /** Sound as programs, whoever signed them. */
  readonly sound: TrialProgram;
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
      isOver: ({ console }: SeenBoot) =>
        trialsIn(console).length === count || lostTrial(console) !== undefined,
      until: 'the last image',
    };
    const byShim = loader === 'shim';
    const seen = await this.#bench.run(machine, until, byShim, signal, requireEveryTrial);
    return trialReport(name, { ...bench, ...program }, store, seen);
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
  ): Promise<TrialProgram> {
    const bytes = signedImage(makeConductor(images.map((image) => image.bytes)), pki, 'bench');
    const path = await this.#bench.stock.keepInput(`conductor-${name}.efi`, bytes);
    return { images, bytes, path };
  }
}

/** @throws InfraError where a line was lost on the way */
function requireEveryTrial({ console }: SeenBoot): void {
  const lost = lostTrial(console);
  if (lost === undefined) return;
  const problem = `lost the line of image ${lost} of the trial`;
  throw new InfraError({ tool: 'serial port', problem, lastLines: console.slice(-3) });
}
