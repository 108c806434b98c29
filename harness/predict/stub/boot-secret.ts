import { sliceSource } from '../../bytes/slice-source.ts';
import { type FatVolume, findEntry, openFat } from '../../formats/fat.ts';
import { EFI_SYSTEM_PARTITION } from '../../formats/gpt-partition.ts';
import type { StubRelease } from '../../formats/stub-release.ts';
import type { BootImage, BootVolume } from '../boot-image.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';

/** TPM2_PCR_KERNEL_INITRD (UAPI Group, Linux TPM PCR Registry). */
const PCR = 9;

/** The first stub that hands a secret to the system. */
const FIRST_WITH_BOOT_SECRET = 261;

/** What the secret is drawn from is not touched where this file is read-only. */
const RANDOM_SEED = '\\loader\\random-seed';

const REASON =
  'systemd-stub from v261 on adds a secret to the initrd, which it draws at random at the first boot ' +
  `where ${RANDOM_SEED} on the ESP is not marked read-only`;

/**
 * Forecasts whether the stub adds a secret to the initrd, whose digest the kernel measures. It needs a random seed,
 * which systemd makes of a file on the ESP: where it cannot write that, there is no seed and no secret, and
 * where the VMM hands the UKI over, there is no ESP.
 *
 * @param stub the stub's release
 * @param image where the UKI is
 * @throws FormatError where a folder of the ESP is damaged
 * @see systemd src/boot/boot-secret.c (prepare_boot_secret), src/boot/random-seed.c (process_random_seed)
 */
export function bootSecret(
  stub: StubRelease | undefined,
  { boot, place }: Pick<BootImage, 'boot' | 'place'>,
): Contribution {
  const version = stub?.version ?? Number.POSITIVE_INFINITY;
  if (version < FIRST_WITH_BOOT_SECRET || boot === 'kernel') return computed();
  const isDrawn = place === undefined || !volumesOf(place).every(hasReadOnlySeed);
  return isDrawn ? unknown([PCR], REASON) : computed();
}

/** The loader looks where it is itself, the stub on the disk's ESP. */
function volumesOf({ disk, gpt, volume }: BootVolume): readonly FatVolume[] {
  const partitions = gpt.partitions.filter(({ type }) => type === EFI_SYSTEM_PARTITION);
  return [
    volume,
    ...partitions.map(({ number, offset, size }) =>
      openFat(sliceSource(disk, offset, size, `partition ${number}`)),
    ),
  ];
}

function hasReadOnlySeed(volume: FatVolume): boolean {
  const entry = findEntry(volume, RANDOM_SEED);
  return entry !== undefined && !entry.isDirectory && entry.isReadOnly;
}
