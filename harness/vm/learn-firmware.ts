import { join } from 'node:path';
import { readOvmfBuild } from '../formats/ovmf-build.ts';
import { openSource } from '../host/file-source.ts';
import { KeptBytes } from '../host/kept-bytes.ts';
import { requireReadable } from '../host/readable-files.ts';
import type { Machine } from '../machine/machine.ts';
import { peiVolumeAddress } from './firmware-memory-address.ts';
import { firmwareMemoryKey } from './firmware-memory-key.ts';
import { takeMeasuredMemory } from './firmware-memory-run.ts';
import type { FirmwareRunContext } from './firmware-run-context.ts';
import type { MemoryRange } from './guest-memory.ts';
import { filesOfFirmware, filesToPredict, withAbsolutePaths } from './machine-files.ts';

/** What is learned from a firmware that ran. */
export type LearnedMemory = {
  /** The volume with the PEI modules, as they left it when it was measured. */
  readonly peiVolume: Uint8Array;
};

/**
 * Learns what a machine's firmware makes of its own memory before it measures it, by running it for
 * seconds with a blank disk: nothing of what the machine boots takes part. What was learned once is
 * kept in the cache.
 *
 * @throws UsageError where a file of the machine cannot be read; FormatError where the firmware is
 *   damaged; InfraError where it does not measure its PEI volume, or QEMU or swtpm break;
 *   StageTimeout where it takes too long; the reason of `context.signal` where that aborts
 */
export async function learnFirmwareMemory(
  machine: Machine,
  context: FirmwareRunContext,
): Promise<LearnedMemory> {
  const absolute = withAbsolutePaths(machine);
  await requireReadable(filesToPredict(absolute));
  const range = await peiVolumeRange(absolute);
  const key = await firmwareMemoryKey(absolute, context);
  const cache = new KeptBytes(join(context.cache, 'firmware-memory'));
  const kept = await cache.get(key);
  if (kept?.length === range.size) return { peiVolume: kept };
  const peiVolume = await takeMeasuredMemory(absolute, range, context);
  await cache.put(key, peiVolume);
  return { peiVolume };
}

/** Where the firmware's PEI modules will be. */
async function peiVolumeRange({ firmware }: Machine): Promise<MemoryRange> {
  const [path = ''] = filesOfFirmware(firmware);
  using source = await openSource(path);
  const { peiVolume } = readOvmfBuild(source);
  return { address: peiVolumeAddress(peiVolume), size: peiVolume.size };
}
