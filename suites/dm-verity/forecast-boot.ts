import { fromHex } from '../../harness/bytes/hex.ts';
import { sliceSource } from '../../harness/bytes/slice-source.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { readGpt } from '../../harness/formats/gpt.ts';
import type { BootForecast } from '../../harness/judge/judge-changed-boot.ts';
import { forecastRead } from '../../harness/verity/forecast-read.ts';
import { soundHashDevice } from '../../harness/verity/hash-device.ts';
import type { PartitionUuids } from '../../harness/verity/partition-uuids.ts';

/** What a boot goes by. */
export type BootInputs = {
  /** The disk, as it is booted. */
  readonly disk: ByteSource;
  /** The root hash of the command line. */
  readonly rootHash: string;
  /** Partition UUIDs that the command line names, or that the root hash stands for. */
  readonly uuids: PartitionUuids;
  /** Places in the data that are read before the system is up, in order: in bytes from their start. */
  readonly needs: readonly number[];
};

/**
 * Forecasts how a boot ends, as far as the root file system decides it: systemd looks for two partitions by
 * their UUIDs, reads the superblock, and has the kernel verify what is read.
 *
 * @see systemd, src/veritysetup; Linux, drivers/md/dm-verity-target.c
 */
export function forecastBoot(inputs: BootInputs): BootForecast {
  const { disk, rootHash, uuids, needs } = inputs;
  const { partitions } = readGpt(disk);
  const data = partitions.find(({ guid }) => guid === uuids.data);
  const hash = partitions.find(({ guid }) => guid === uuids.hash);
  if (data === undefined || hash === undefined) return { end: 'refused', by: 'systemd' };
  const device = soundHashDevice(sliceSource(disk, hash.offset, hash.size, 'hash tree'));
  if (device === undefined) return { end: 'refused', by: 'systemd-veritysetup' };
  const volume = sliceSource(disk, data.offset, data.size, 'data');
  const root = fromHex(rootHash) ?? new Uint8Array();
  for (const place of needs) {
    const block = Math.floor(place / device.parameters.dataBlockBytes);
    const corrupt = forecastRead(device, volume, root, block);
    if (corrupt !== undefined) return { end: 'refused', by: 'dm-verity', corrupt };
  }
  return { end: 'booted' };
}
