import { constants } from 'node:fs';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { WORKSPACE } from '../../../harness/cli/workspace.ts';
import type { ReadyMachine } from '../../../harness/guest/ready-vms.ts';
import { QEMU } from '../../../harness/vm/qemu-arguments.ts';
import type { Goal } from '../goal.ts';
import { timesOfPrograms } from '../program-times.ts';
import type { BootCost } from './boot-once.ts';
import { referenceMachine } from './reference-machine.ts';

const PROGRAM = join(import.meta.dirname, 'boot-once.ts');
const LARGE_DISK_BYTES = 4 * 2 ** 30;
const PER_CENT = 100;

/** What is tested; everything else that a boot starts is the harness, or is started for it. */
const UNDER_TEST = [QEMU, 'swtpm'];

/** As `scripts/cvm` starts it for a run. */
const ENVIRONMENT = { NODE_COMPILE_CACHE: join(WORKSPACE.cache, 'compiled') };
const NODE_OPTIONS = ['--max-semi-space-size=2'];

/**
 * What a boot costs the harness itself: forecast, boot, dossier, observation. The harness is its process
 * with all of its threads, the reaper, and every tool that they run: bubblewrap, qemu-img, swtpm_setup and
 * the certificate tools behind it. QEMU and swtpm are not: those are tested. What they use in their last
 * 20 ms, and in lives of less than 40 ms, is not seen and counts as the harness's. Vitest and the
 * report are a run's, not a boot's. What earlier boots have left in `.cache/` is there.
 */
export const BOOT_GOALS: readonly Goal[] = [
  {
    name: 'harness-cpu',
    what: "processor time of the harness and its tools in per cent of QEMU's, over a boot",
    unit: '%',
    atMost: 5,
    measure: async (folder, signal) => {
      const { harnessSeconds, qemuSeconds } = await bootOnce(
        await referenceMachine(),
        folder,
        signal,
      );
      return [(PER_CENT * harnessSeconds) / qemuSeconds];
    },
  },
  {
    name: 'harness-memory',
    what: 'largest memory of the harness, with an image of 4 GiB',
    unit: 'MiB',
    atMost: 250,
    measure: async (folder, signal) => {
      const { machine, access } = await referenceMachine();
      if (machine.boot.kind !== 'disk') throw new TypeError('the reference machine has no disk');
      const path = join(folder, 'large.raw');
      await copyFile(machine.boot.path, path, constants.COPYFILE_FICLONE);
      await truncate(path, LARGE_DISK_BYTES);
      const large = { ...machine, boot: { ...machine.boot, path } };
      return [(await bootOnce({ machine: large, access }, folder, signal)).nodeMiB];
    },
  },
];

/** A boot by a harness of its own, so that nothing else counts. */
async function bootOnce(ready: ReadyMachine, folder: string, signal: AbortSignal) {
  const over = new AbortController();
  const times = timesOfPrograms(folder, UNDER_TEST, over.signal);
  const words = [...NODE_OPTIONS, PROGRAM, JSON.stringify({ ready, folder })];
  const harness = execa(process.execPath, words, {
    env: { TMPDIR: folder, ...ENVIRONMENT },
    cancelSignal: signal,
    gracefulCancel: false,
  });
  const { stdout } = await harness.finally(() => over.abort());
  const { seconds, nodeMiB } = JSON.parse(stdout) as BootCost;
  const { [QEMU]: qemuSeconds = 0, ...others } = await times;
  const otherSeconds = Object.values(others).reduce((sum, one) => sum + one, 0);
  return { qemuSeconds, nodeMiB, harnessSeconds: seconds - qemuSeconds - otherSeconds };
}
