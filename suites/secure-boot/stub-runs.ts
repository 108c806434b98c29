import type { ByteSource } from '../../harness/bytes/source.ts';
import { loadOptionsIn } from '../../harness/formats/load-options-program.ts';
import type { Admission } from '../../harness/host/admission.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { StoreContent } from '../../harness/images/pki-store.ts';
import type { JudgedStart } from '../../harness/judge/judge-stub-start.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import { filesToPredict } from '../../harness/vm/machine-files.ts';
import type { Setting } from '../setting.ts';
import { type BenchParts, FirmwareBench } from './firmware-bench.ts';
import { type StubCase, type StubCaseName, stubCase } from './stub-cases.ts';
import { forecastStart } from './stub-forecast.ts';
import { espOf, makeStubImages, type StubImages } from './stub-images.ts';

const MEMORY_MIB = 512;
const ESP_MIB = 40;

/** Starts of UKIs and kernels, each until the kernel would begin; each is made once. */
export class StubRuns implements AsyncDisposable {
  readonly #bench: FirmwareBench;
  readonly #starts = new Map<StubCaseName, Promise<JudgedStart>>();
  #images: Promise<StubImages> | undefined;

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#bench = new FirmwareBench(setting, admission);
  }

  /**
   * The start of a case, made now where it was not made before.
   *
   * @throws what {@link FirmwareBench.run} throws, each time it is asked for
   */
  of(name: StubCaseName, signal: AbortSignal): Promise<JudgedStart> {
    const start = this.#starts.get(name) ?? this.#run(name, signal);
    this.#starts.set(name, start);
    return start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  async #run(name: StubCaseName, signal: AbortSignal): Promise<JudgedStart> {
    const which = stubCase(name);
    this.#images ??= makeStubImages(this.#bench);
    const images = await this.#images;
    const parts = await this.#bench.parts();
    const { machine } = await this.#bench.machine({
      name,
      content: storeOf(which, parts),
      boot: await this.#bootOf(name, which, images),
      memoryMiB: MEMORY_MIB,
      ...(which.oemStrings && { oemStrings: [...which.oemStrings] }),
    });
    const until = { isOver: hasToldItsOptions, until: 'the start of the kernel' };
    const seen = await this.#bench.run(machine, until, false, signal);
    using files = new DisposableStack();
    const sources = await sourcesOf(machine, files);
    return {
      what: name,
      expected: forecastStart(machine, sources, which, images),
      extended: seen.extends.map(({ pcr, digests }) => ({ pcr, sha256: digests['sha256'] ?? '' })),
      commandLine: loadOptionsIn(seen.console) ?? '',
      console: seen.console,
    };
  }

  async #bootOf(name: StubCaseName, which: StubCase, images: StubImages): Promise<Machine['boot']> {
    if (which.path === 'direct') {
      const kernel = await this.#bench.keep(name, 'uki.efi', images.uki);
      return { kind: 'kernel', kernel, ...(which.given && { cmdline: which.given }) };
    }
    return await this.#bench.espDisk(name, espOf(which, images), ESP_MIB);
  }
}

function hasToldItsOptions({ console }: SeenBoot): boolean {
  return loadOptionsIn(console) !== undefined;
}

/** The signers of boot loader and UKI are in db, or in MokList where shim asks for them. */
function storeOf({ path, secureBoot }: StubCase, { microsoft }: BenchParts): StoreContent {
  const keys: StoreContent =
    path === 'shim' ? { db: microsoft, mokList: ['kernel', 'uki'] } : { db: ['kernel', 'uki'] };
  return secureBoot ? keys : { ...keys, secureBootEnable: 0 };
}

async function sourcesOf(
  machine: Machine,
  files: DisposableStack,
): Promise<ReadonlyMap<string, ByteSource>> {
  const sources = new Map<string, ByteSource>();
  for (const path of filesToPredict(machine)) sources.set(path, files.use(await openSource(path)));
  return sources;
}
