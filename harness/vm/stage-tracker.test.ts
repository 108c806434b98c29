import { describe, expect, it } from 'vitest';
import { cameInTime } from '../host/deadline.ts';
import { InfraError } from '../host/errors.ts';
import { BootFailure } from './boot-failure.ts';
import { BootStageTimeout } from './boot-stage-timeout.ts';
import type { StageName } from './boot-stages.ts';
import { type StageEntry, StageTracker } from './stage-tracker.ts';

const STARTING = 'BdsDxe: starting Boot0002 "UEFI Misc Device" from PciRoot(0x0)/Pci(0x1,0x0)';
const ALL: readonly StageName[] = ['boot-loader', 'kernel', 'initrd', 'root', 'ssh'];

function track({
  factor = 1,
  announced = ALL,
}: {
  factor?: number;
  announced?: readonly StageName[];
}) {
  let now = 0;
  const seen: StageEntry[] = [];
  const tracker = new StageTracker({
    announced: new Set(announced),
    factor,
    elapsed: () => now,
    lastLines: () => ['last line'],
    onStage: (entry) => seen.push(entry),
  });
  tracker.begin('firmware');
  const at = (ms: number, line: string) => {
    now = ms;
    tracker.line(line);
  };
  return { tracker, seen, at };
}

describe('a boot', () => {
  it('goes through its stages, each with its time', async () => {
    const { tracker, seen, at } = track({});
    using _ = tracker;
    at(3000, STARTING);
    at(7000, 'cvm-stage: initrd');
    at(7500, '[    9.000000] a late line of the kernel');
    at(8000, 'cvm-stage: root');
    at(10000, 'cvm-stage: ready');
    tracker.complete();
    expect(seen).toEqual([
      { stage: 'firmware', atMs: 0 },
      { stage: 'boot-loader', atMs: 3000 },
      { stage: 'initrd', atMs: 7000 },
      { stage: 'root', atMs: 8000 },
      { stage: 'ssh', atMs: 10000 },
    ]);
    expect(tracker.entries).toEqual(seen);
    expect(tracker.completedAtMs).toBe(10000);
    await expect(tracker.reached('kernel')).resolves.toEqual({ stage: 'initrd', atMs: 7000 });
  });

  it('tells those who wait for a stage, also where it passes unseen', async () => {
    const { tracker, at } = track({});
    using _ = tracker;
    const waiting = tracker.reached('initrd');
    at(5000, 'cvm-stage: root');
    await expect(waiting).resolves.toEqual({ stage: 'root', atMs: 5000 });
  });

  it('that is refused names who refused, and in which stage', async () => {
    const { tracker, at } = track({});
    using _ = tracker;
    at(3000, STARTING);
    at(3500, '[    1.000000] Kernel panic - not syncing: dm-verity device corrupted');
    const error = await tracker.failed;
    expect(error).toBeInstanceOf(BootFailure);
    expect(error).toMatchObject({
      stage: 'kernel',
      problem: { kind: 'refused', refusal: { by: 'dm-verity' } },
      lastLines: ['last line'],
    });
    expect(error.message).toContain('in stage kernel, dm-verity refused: [    1.000000]');
  });

  it('keeps its first failure', async () => {
    const { tracker, at } = track({});
    using _ = tracker;
    at(1, 'BdsDxe: No bootable option or device was found.');
    tracker.halt({ kind: 'guest-shutdown' });
    await expect(tracker.failed).resolves.toMatchObject({ problem: { kind: 'refused' } });
  });

  it('that the guest ends is a failure of the image', async () => {
    const { tracker, at } = track({});
    using _ = tracker;
    at(1, 'cvm-stage: initrd');
    tracker.halt({ kind: 'reset' });
    const error = await tracker.failed;
    expect(error).toBeInstanceOf(BootFailure);
    expect(error.message).toBe('in stage initrd, the VM was reset by the guest');
  });

  it('that QEMU ends is a failure of the harness', async () => {
    const { tracker } = track({});
    using _ = tracker;
    tracker.halt({ kind: 'qemu-exit', exitCode: null, signal: 'SIGKILL' });
    const error = await tracker.failed;
    expect(error).toBeInstanceOf(InfraError);
    expect(error.message).toContain('lost the VM in stage firmware');
  });

  it('that hangs says in which stage, how long, and what was seen last', async () => {
    const { tracker, at } = track({ factor: 0.001 });
    using _ = tracker;
    at(3000, STARTING);
    const error = await tracker.failed;
    expect(error).toBeInstanceOf(BootStageTimeout);
    expect(error).toMatchObject({
      stage: 'boot stage boot-loader',
      seconds: 0.04,
      lastLines: ['last line'],
    });
  });

  it('that has ended well hangs no more, and may say what it likes', async () => {
    const { tracker, at } = track({ factor: 0.001 });
    using _ = tracker;
    tracker.complete();
    at(1, 'device-mapper: verity: 254:2: data block 17 is corrupted');
    const failed = cameInTime({ name: 'failure', deadlineMs: 100 }, () => tracker.failed);
    await expect(failed).resolves.toBe(false);
    tracker.halt({ kind: 'guest-shutdown' });
    await expect(tracker.failed).resolves.toBeInstanceOf(BootFailure);
  });
});
