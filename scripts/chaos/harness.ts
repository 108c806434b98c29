/**
 * A harness that boots firmware, writes the VM down and keeps a result, until something ends it: the
 * subject of the chaos test. Its argument is JSON; it ends as `cvm` would.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { endOf } from '../../harness/cli/exit-code.ts';
import { writeFileAtomically } from '../../harness/host/atomic-file.ts';
import { Interrupt } from '../../harness/host/interrupt.ts';
import { Reaper } from '../../harness/host/reaper.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { launch } from '../../harness/vm/qemu.ts';
import { SnapshotCache } from '../../harness/vm/snapshot-cache.ts';
import { takeSnapshot } from '../../harness/vm/take-snapshot.ts';
import { SNAPSHOT_KEY } from './traces.ts';

/** What a harness is given. */
export type HarnessInput = {
  readonly machine: Machine;
  readonly tools: Tools;
  readonly logs: string;
  readonly cache: string;
  /** When the clock of this process jumps, and by how much. */
  readonly jump: { readonly afterMs: number; readonly hours: number } | undefined;
};

const HOUR_MS = 3_600_000;
const { jump, ...input } = JSON.parse(process.argv[2] ?? '') as HarnessInput;
// Not an alarm, which a busy host puts off: the harness may be over by then.
if (jump !== undefined) {
  void delay(jump.afterMs, undefined, { ref: false }).then(() => moveClock(jump.hours * HOUR_MS));
}

using interrupt = new Interrupt();
try {
  await work(input);
} catch (error) {
  const { exitCode, line } = endOf(error);
  process.stderr.write(`${line}\n`);
  process.exitCode = exitCode;
}

async function work({ machine, ...given }: Omit<HarnessInput, 'jump'>): Promise<void> {
  await using reaper = Reaper.start();
  const context = { ...given, accelerator: 'tcg', reaper, signal: interrupt.signal } as const;
  await using vm = await launch(machine, context);
  await vm.during(() => vm.console.firstOutput);
  const cache = new SnapshotCache(given.cache);
  const identity = { key: SNAPSHOT_KEY, tools: {} };
  await cache.put(SNAPSHOT_KEY, reaper, (directory) => takeSnapshot(vm, directory, identity));
  await writeFileAtomically(join(given.logs, 'result.json'), JSON.stringify(vm.argv));
}

/** What this process takes for the time of day from now on. */
function moveClock(byMs: number): void {
  const { now } = Date;
  const moved = () => now() + byMs;
  globalThis.Date = new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [moved()] : args, newTarget),
    get: (target, name, receiver) => (name === 'now' ? moved : Reflect.get(target, name, receiver)),
  });
}
