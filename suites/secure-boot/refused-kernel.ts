import type { Admission } from '../../harness/host/admission.ts';
import type { RefusedKernel } from '../../harness/judge/judge-refused-kernel.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import { IMAGES } from '../images.ts';
import type { Setting } from '../setting.ts';
import { kernelOf } from './cell-images.ts';
import { FirmwareBench } from './firmware-bench.ts';

const MEMORY_MIB = 768;

/** What OVMF says when it gives up, and what a kernel says first of all. */
const REFUSED = /OVMF: Fallback to insecure legacy linux kernel loader is disabled/;
const STARTED = /Linux version /;

/** A kernel's first words come at once. */
const COMMAND_LINE = 'console=ttyS0 earlyprintk=serial,ttyS0,115200';

/** The host's switch (edk2 OvmfPkg/Library/X86QemuLoadImageLib). */
const SWITCH = ['-fw_cfg', 'name=opt/org.tianocore/EnableLegacyLoader,string=yes'];

/** The firmware of each run, and whether the host allows the loader that verifies nothing. */
const RUNS = {
  'unsigned-kernel': { generation: '2026.08', isSwitched: false },
  'unsigned-kernel-legacy-loader': { generation: '2026.08', isSwitched: true },
  'unsigned-kernel-older-firmware': { generation: '2025.02', isSwitched: false },
} as const;

export type RefusedKernelRun = keyof typeof RUNS;

/** Runs in which the firmware refuses a kernel that QEMU gives it; each is made once. */
export class RefusedKernelRuns implements AsyncDisposable {
  readonly #bench: FirmwareBench;
  readonly #runs = new Map<RefusedKernelRun, Promise<RefusedKernel>>();

  /** @param admission lets runs in */
  constructor(setting: Setting, admission: Admission) {
    this.#bench = new FirmwareBench(setting, admission);
  }

  /**
   * What becomes of the kernel.
   *
   * @throws what {@link FirmwareBench.run} throws, each time it is asked for
   */
  of(name: RefusedKernelRun, signal: AbortSignal): Promise<RefusedKernel> {
    const run = this.#runs.get(name) ?? this.#run(name, signal);
    this.#runs.set(name, run);
    return run;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#bench[Symbol.asyncDispose]();
  }

  async #run(name: RefusedKernelRun, signal: AbortSignal): Promise<RefusedKernel> {
    const { generation, isSwitched } = RUNS[name];
    const kernel = await kernelOf(this.#bench.stock.disk(IMAGES.ukiVerity).uki);
    const { machine } = await this.#bench.machine({
      name,
      generation,
      content: { db: ['kernel'] },
      boot: {
        kind: 'kernel',
        kernel: await this.#bench.keep(name, 'kernel.efi', kernel),
        cmdline: COMMAND_LINE,
      },
      memoryMiB: MEMORY_MIB,
    });
    const until = {
      isOver: ({ console }: SeenBoot) =>
        console.some((line) => REFUSED.test(line) || STARTED.test(line)),
      until: 'the end of what becomes of the kernel',
      ...(isSwitched && { change: (usual: readonly string[]) => [...usual, ...SWITCH] }),
    };
    const { console } = await this.#bench.run(machine, until, false, signal);
    return {
      what: name,
      said: console.filter((line) => line.includes('OVMF:')).map((line) => line.trim()),
      started: console.some((line) => STARTED.test(line)),
    };
  }
}
