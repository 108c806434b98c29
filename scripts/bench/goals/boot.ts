import { constants } from 'node:fs';
import { copyFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { ReadyMachine } from '../../../harness/guest/ready-vms.ts';
import type { Goal } from '../goal.ts';
import type { BootCost } from './boot-once.ts';
import { referenceMachine } from './reference-machine.ts';

const PROGRAM = join(import.meta.dirname, 'boot-once.ts');
const LARGE_DISK_BYTES = 4 << 30;
const PER_CENT = 100;

/** What a boot costs the harness itself: forecast, boot, dossier, judgement. */
export const BOOT_GOALS: readonly Goal[] = [
  {
    name: 'harness-cpu',
    what: "processor time of the harness in per cent of QEMU's, over a boot",
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
      return [(await bootOnce({ machine: large, access }, folder, signal)).harnessMiB];
    },
  },
];

/** A boot by a harness of its own, so that nothing else counts. */
async function bootOnce(
  ready: ReadyMachine,
  folder: string,
  signal: AbortSignal,
): Promise<BootCost> {
  const { stdout } = await execa(process.execPath, [PROGRAM, JSON.stringify({ ready, folder })], {
    env: { TMPDIR: folder },
    cancelSignal: signal,
    gracefulCancel: false,
  });
  return JSON.parse(stdout) as BootCost;
}
