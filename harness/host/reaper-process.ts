/**
 * The reaper: see `reaper.ts`, which starts it. Its standard input is the pipe whose end means that
 * the harness is no more; its argument is the environment entry that marks the harness's children.
 */
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { groupEnds, type ProcessGroup, signalGroup } from './process-group.ts';
import { processesWith } from './process-table.ts';
import type { ReaperOrder, ReaperTarget } from './reaper-target.ts';

/** How long killed processes may take to go; the kernel may first have to free their memory. */
const GONE_MS = 5_000;

/** Registered targets by their text. */
const watched = new Map<string, ReaperTarget>();

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) obey(line);

const targets = [...watched.values()];
killMarked(process.argv[2]);
await Promise.all(targets.filter((target) => target.kind === 'group').map(killGroup));
await Promise.all(targets.filter((target) => target.kind === 'directory').map(removeDirectory));

function obey(line: string): void {
  const { order, target }: ReaperOrder = JSON.parse(line);
  if (order === 'watch') watched.set(JSON.stringify(target), target);
  else watched.delete(JSON.stringify(target));
}

function killMarked(mark: string | undefined): void {
  if (mark === undefined) return;
  for (const pid of processesWith(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

async function killGroup(group: ProcessGroup): Promise<void> {
  if (signalGroup(group, 'SIGKILL')) await groupEnds(group, GONE_MS);
}

async function removeDirectory({ path }: { readonly path: string }): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5 });
}
