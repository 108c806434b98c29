import { join } from 'node:path';
import { toolbox, WORKSPACE } from '../../../harness/cli/workspace.ts';
import { ANNOUNCED_STAGES } from '../../../harness/guest/boot-dossier.ts';
import { ReadyVms } from '../../../harness/guest/ready-vms.ts';
import { Reaper } from '../../../harness/host/reaper.ts';
import type { Goal } from '../goal.ts';
import { referenceMachine } from './reference-machine.ts';

const FORKS = 7;
const MS = 1_000;

/** From nothing to the answer of a forked guest. The first one checks the snapshot, or boots, and does not count. */
export const FORK: Goal = {
  name: 'fork',
  what: 'a fork, up to the end of tpm2_pcrread in it',
  unit: 's',
  atMost: 1,
  measure: async (folder, signal) => {
    const tools = toolbox();
    const ready = await referenceMachine();
    await using reaper = Reaper.start();
    const vms = new ReadyVms(WORKSPACE.cache);
    const context = { tools, accelerator: 'tcg', reaper, cache: WORKSPACE.cache, signal } as const;
    const seconds: number[] = [];
    for (let run = 0; run <= FORKS; run++) {
      const startedAt = performance.now();
      const logs = join(folder, `${run}`);
      await using vm = await vms.of(ready, { ...context, announced: ANNOUNCED_STAGES, logs });
      await vm.ssh.run('tpm2_pcrread', signal);
      if (run > 0) seconds.push((performance.now() - startedAt) / MS);
    }
    return seconds;
  },
};
