/** Boots a machine as a suite does, and prints what that cost the harness: the subject of two goals. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolbox, WORKSPACE } from '../../../harness/cli/workspace.ts';
import { loggedDevicePath } from '../../../harness/formats/logged-device-path.ts';
import { ANNOUNCED_STAGES, bootDossier } from '../../../harness/guest/boot-dossier.ts';
import { openDossierFolder } from '../../../harness/guest/dossier-folder.ts';
import type { ReadyMachine } from '../../../harness/guest/ready-vms.ts';
import { poll } from '../../../harness/host/deadline.ts';
import { Interrupt } from '../../../harness/host/interrupt.ts';
import { Reaper } from '../../../harness/host/reaper.ts';
import { observe } from '../../../harness/judge/observation.ts';
import { QEMU } from '../../../harness/vm/qemu-arguments.ts';
import { platformOf } from '../../../suites/platform-of.ts';
import { predictFromFiles } from '../../../suites/predict-from-files.ts';
import { processesOf } from '../../chaos/traces.ts';

/** What a boot cost. */
export type BootCost = {
  readonly harnessSeconds: number;
  readonly harnessMiB: number;
  readonly qemuSeconds: number;
};

/** Clock ticks of a second (`USER_HZ`). */
const TICKS = 100;
const LOOK_MS = 250;

const { ready, folder } = JSON.parse(process.argv[2] ?? '') as {
  readonly ready: ReadyMachine;
  readonly folder: string;
};
using interrupt = new Interrupt();
await using reaper = Reaper.start();
const over = new AbortController();
let qemuSeconds = 0;
const looking = poll(
  () => {
    qemuSeconds = Math.max(qemuSeconds, secondsOfQemu());
    return undefined;
  },
  LOOK_MS,
  over.signal,
).catch(() => undefined);

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
over.abort();
await looking;
const { user, system } = process.cpuUsage();
const cost: BootCost = {
  harnessSeconds: (user + system) / 1e6,
  harnessMiB: process.resourceUsage().maxRSS / 1024,
  qemuSeconds,
};
process.stdout.write(JSON.stringify(cost));

/** utime and stime of QEMU (proc_pid_stat(5)), in seconds. */
function secondsOfQemu(): number {
  const ticks = processesOf(folder)
    .filter(({ program }) => program === QEMU)
    .map(({ pid }) => ticksOf(pid));
  return ticks.reduce((sum, one) => sum + one, 0) / TICKS;
}

function ticksOf(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0; // it has just ended
  }
}
