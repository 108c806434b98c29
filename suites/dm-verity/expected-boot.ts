import type { VerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { BootedRoot, BootForecast } from '../../harness/judge/judge-changed-boot.ts';
import { partitionUuids } from '../../harness/verity/partition-uuids.ts';
import type { BootCase } from './boot-case.ts';
import { forecastBoot } from './forecast-boot.ts';
import type { KnownPlaces } from './known-places.ts';

/** What all cases begin from. */
export type Base = {
  /** Path of the disk with words that have everybody say what they refuse. */
  readonly disk: string;
  readonly partitions: VerityPartitions;
  readonly places: KnownPlaces;
};

/**
 * How the boot of a case is to end.
 *
 * @param path of the disk, changed
 */
export async function forecastOf(
  one: BootCase,
  { partitions, places }: Base,
  path: string,
): Promise<BootForecast> {
  using disk = await openSource(path);
  const needs = [places.superblock, places.init];
  const root = partitions.root ?? '';
  const rootHash = one.rootHash?.(root) ?? root;
  const forecast = forecastBoot({ disk, rootHash, uuids: partitionUuids(root), needs });
  if (one.forecast !== undefined) return one.forecast;
  if (one.unreadable !== undefined) return { end: 'refused', by: 'Linux kernel' };
  const { machine } = one;
  return forecast.end === 'refused' && machine !== undefined ? { ...forecast, machine } : forecast;
}

/** What is read where a case says nothing else. */
export const COCO_READ = { path: '/coco', as: 'CoCo' } as const;

/** What its guest should say of its root, where it comes up. */
export function expectedRoot({ reads = COCO_READ }: BootCase, { partitions }: Base): BootedRoot {
  const devices = [partitions.data, partitions.hash].map(({ number }) => `vda${number}`);
  return { file: reads.as, devices };
}
