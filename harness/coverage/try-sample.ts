import type { ByteSource } from '../bytes/source.ts';
import { readGpt } from '../formats/gpt.ts';
import type { Firmware } from '../predict/firmware/firmware.ts';
import { disagreement } from './disagreement.ts';
import type { DiskMap } from './disk-regions.ts';
import { flippedSource } from './flipped-source.ts';
import { ForecastDifference } from './forecast-difference.ts';
import type { Region } from './region.ts';
import { sampleRegions, type Trial } from './sample.ts';
import { type VerityPair, verityPartitions } from './verity-partitions.ts';
import { isReadRefused } from './verity-probe.ts';

/** A change of which the map says something else than what becomes of it. */
export type Disagreement = {
  readonly file: string;
  readonly offset: number;
  readonly bits: number;
  readonly what: string;
  readonly why: string;
};

/** How many bits are tried, and which. */
export type SampleSize = { readonly count: number; readonly seed: number };

/**
 * Changes single bits in every region of a disk, and holds what the map says of them against the forecast
 * of the changed disk, and against dm-verity as its definition has it.
 *
 * @param disk the disk
 * @param firmware what it is booted with
 * @param map what is said of the disk
 * @param size how many bits in each region, and the seed
 * @returns for each bit `undefined` or a disagreement, as soon as it is known
 * @throws UnbootableError where nothing boots from the unchanged disk
 */
export function* trySample(
  disk: ByteSource,
  firmware: Firmware,
  { regions, boot }: DiskMap,
  { count, seed }: SampleSize,
): Generator<Disagreement | undefined, void, undefined> {
  const forecast = new ForecastDifference({ disk, firmware });
  const pairs = verityPartitions(disk, readGpt(disk).partitions, boot.parameters);
  for (const trial of sampleRegions(regions, count, seed)) {
    const changed = flippedSource(disk, trial);
    const outcome = forecast.outcomeOf(() => ({ disk: changed, firmware }));
    const why = verityDisagreement(changed, trial, pairs) ?? disagreement(trial.region, outcome);
    yield told(disk, trial, why);
  }
}

/**
 * Changes single bits in every region of a file of the firmware, and holds what the map says of them
 * against the forecast of the same disk with the changed firmware.
 *
 * @param file the file
 * @param regions what is said of it
 * @param disk what is booted
 * @param read reads the firmware with the file, changed or not
 * @param size how many bits in each region, and the seed
 * @returns for each bit `undefined` or a disagreement, as soon as it is known
 * @throws UnbootableError where nothing boots from the disk with the unchanged firmware
 */
export function* tryFirmwareSample(
  file: ByteSource,
  regions: readonly Region[],
  disk: ByteSource,
  read: (file: ByteSource) => Firmware,
  { count, seed }: SampleSize,
): Generator<Disagreement | undefined, void, undefined> {
  const forecast = new ForecastDifference({ disk, firmware: read(file) });
  for (const trial of sampleRegions(regions, count, seed)) {
    const changed = flippedSource(file, trial);
    const outcome = forecast.outcomeOf(() => ({ disk, firmware: read(changed) }));
    yield told(file, trial, disagreement(trial.region, outcome));
  }
}

function told(
  { name }: ByteSource,
  { offset, bits, region }: Trial,
  why: string | undefined,
): Disagreement | undefined {
  return why === undefined ? undefined : { file: name, offset, bits, what: region.what, why };
}

/** dm-verity is what the forecast knows nothing of. */
function verityDisagreement(
  changed: ByteSource,
  { region, offset }: Trial,
  pairs: readonly VerityPair[],
): string | undefined {
  const isOf = ({ data, hash }: VerityPair) =>
    [data, hash].some((one) => offset >= one.offset && offset < one.offset + one.size);
  const pair = pairs.find(isOf);
  if (pair === undefined) return undefined;
  const isRefused = isReadRefused(changed, pair, offset);
  if (isRefused && region.detectedBy.length === 0) return 'dm-verity refuses a read all the same';
  if (isRefused || region.detectedBy.length === 0 || region.partly !== undefined) return undefined;
  return 'dm-verity refuses no read';
}
