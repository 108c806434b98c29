/**
 * Boots a machine as a suite does: forecast, boot, dossier, observation. Prints what that cost; the subject
 * of two goals.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { toolbox, WORKSPACE } from '../../../harness/cli/workspace.ts';
import { loggedDevicePath } from '../../../harness/formats/logged-device-path.ts';
import { ANNOUNCED_STAGES, bootDossier } from '../../../harness/guest/boot-dossier.ts';
import { openDossierFolder } from '../../../harness/guest/dossier-folder.ts';
import type { ReadyMachine } from '../../../harness/guest/ready-vms.ts';
import { Interrupt } from '../../../harness/host/interrupt.ts';
import { Reaper } from '../../../harness/host/reaper.ts';
import { observe } from '../../../harness/judge/observation.ts';
import { platformOf } from '../../../suites/platform-of.ts';
import { predictFromFiles } from '../../../suites/predict-from-files.ts';
import { processesOf } from '../../chaos/traces.ts';
import { processorTime } from '../processor-time.ts';

/** What a boot cost. */
export type BootCost = {
  /** Processor time of this process and of everything that it started, QEMU and swtpm too. */
  readonly seconds: number;
  /** Largest memory of its Node.js processes together, pages of files that they share counted once. */
  readonly nodeMiB: number;
};

const { ready, folder } = JSON.parse(process.argv[2] ?? '') as {
  readonly ready: ReadyMachine;
  readonly folder: string;
};
const nodeMiB = await bootOnce();
const { own, ended } = processorTime(process.pid);
const cost: BootCost = { seconds: own + ended, nodeMiB };
process.stdout.write(JSON.stringify(cost));

/** @returns memory, asked for while the reaper lives; when it has ended its time counts as that of a child */
async function bootOnce(): Promise<number> {
  using interrupt = new Interrupt();
  await using reaper = Reaper.start();
  const tools = toolbox();
  const { machine, access } = ready;
  const { signal } = interrupt;
  const context = { tools, accelerator: 'tcg', reaper, cache: WORKSPACE.cache, signal } as const;
  const directory = join(folder, 'dossier');
  const platform = await platformOf(machine, { ...context, learn: true });
  await predictFromFiles(machine, platform);
  await bootDossier(machine, { access }, directory, {
    ...context,
    announced: ANNOUNCED_STAGES,
    toolVersions: {},
  });
  observe(await openDossierFolder(directory), loggedDevicePath);
  return processesOf(folder)
    .filter(({ program }) => program === basename(process.execPath))
    .reduce((sum, { pid }) => sum + (pid === process.pid ? peakMiB(pid) : ownPeakMiB(pid)), 0);
}

/** The most that a process had in memory. */
function peakMiB(pid: number): number {
  return statusMiB(pid, 'VmHWM');
}

/** The same without pages of files: Node.js and what it is linked with are this process's too. */
function ownPeakMiB(pid: number): number {
  return peakMiB(pid) - statusMiB(pid, 'RssFile');
}

/** A line of proc_pid_status(5). */
function statusMiB(pid: number, name: 'VmHWM' | 'RssFile'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const line = status.split('\n').find((one) => one.startsWith(`${name}:`));
  return Number.parseInt(line?.slice(name.length + 1) ?? '0', 10) / 1024;
}
