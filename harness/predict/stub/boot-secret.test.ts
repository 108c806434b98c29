import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { openFat } from '../../formats/fat.ts';
import { readGpt } from '../../formats/gpt.ts';
import { EFI_SYSTEM_PARTITION } from '../../formats/gpt-partition.ts';
import { makeFat } from '../../formats/testing/make-fat.ts';
import { makeGptDisk } from '../../formats/testing/make-gpt.ts';
import type { BootVolume } from '../boot-image.ts';
import { bootSecret } from './boot-secret.ts';

const SEED = { 'loader/random-seed': 'seed' };
const READ_ONLY = makeFat(SEED, 256, ['random-seed']);
const WRITABLE = makeFat(SEED, 256);

/** A disk with an ESP, and a boot loader on a volume that is the ESP or not. */
function placeOf(esp: Uint8Array, volume: Uint8Array): BootVolume {
  const bytes = makeGptDisk({
    sectors: 400,
    partitions: [{ first: 64, last: 319, type: EFI_SYSTEM_PARTITION }],
  });
  bytes.set(esp, 64 * 512);
  const disk = bytesSource('disk', bytes);
  return { disk, gpt: readGpt(disk), volume: openFat(bytesSource('volume', volume)) };
}

const stub = (version: number) => ({ release: `${version}`, version });
const onDisk = (place: BootVolume | undefined) => ({ boot: 'disk', place }) as const;
const pcrs = (...args: Parameters<typeof bootSecret>) =>
  bootSecret(...args).unpredictable.map(({ pcr }) => pcr);

describe('the secret that systemd-stub adds to the initrd', () => {
  it('is unknown from v261 on, and of a stub that does not say its version', () => {
    const image = onDisk(placeOf(WRITABLE, WRITABLE));
    expect(pcrs(stub(260), image)).toEqual([]);
    expect(pcrs(stub(261), image)).toEqual([9]);
    expect(pcrs(undefined, image)).toEqual([9]);
    expect(pcrs(stub(261), onDisk(undefined))).toEqual([9]);
    expect(pcrs(stub(261), onDisk(placeOf(makeFat({}, 256), makeFat({}, 256))))).toEqual([9]);
  });

  it('is not there where the seed that it is drawn from is read-only, for loader and stub', () => {
    expect(pcrs(stub(262), onDisk(placeOf(READ_ONLY, READ_ONLY)))).toEqual([]);
    expect(pcrs(stub(262), onDisk(placeOf(READ_ONLY, WRITABLE)))).toEqual([9]);
    expect(pcrs(stub(262), onDisk(placeOf(WRITABLE, READ_ONLY)))).toEqual([9]);
  });

  it('is not there where the VMM hands the UKI over', () => {
    expect(pcrs(stub(262), { boot: 'kernel', place: undefined })).toEqual([]);
  });
});
