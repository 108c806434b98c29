import { FormatError } from '../bytes/format-error.ts';
import { sliceSource } from '../bytes/slice-source.ts';
import type { ByteSource } from '../bytes/source.ts';
import { type FatVolume, openFat, openFile } from '../formats/fat.ts';
import { type Gpt, readGpt } from '../formats/gpt.ts';
import { EFI_SYSTEM_PARTITION } from '../formats/gpt-partition.ts';
import type { Machine } from '../machine/machine.ts';
import { UnbootableError } from './unbootable-error.ts';

/** What the firmware boots on a disk without boot entries (UEFI 2.11, 3.5.1.1). */
const DEFAULT_BOOT_FILE = '\\EFI\\BOOT\\BOOTX64.EFI';

/** QEMU's image format begins with these bytes. */
const QCOW2_MAGIC = 'QFI\xfb';

/** A partition of the boot disk that the firmware reads files from. */
export type BootVolume = {
  /** The whole disk. */
  readonly disk: ByteSource;
  readonly gpt: Gpt;
  readonly volume: FatVolume;
};

/** The first image that the firmware loads. */
export type BootImage = {
  readonly source: ByteSource;
  /** Its path from the root of its partition, or how it is given to QEMU. */
  readonly path: string;
  /** `disk`: a boot option leads to it. `kernel`: QEMU hands it to the firmware. */
  readonly boot: 'disk' | 'kernel';
  /** Where it is on a disk; absent where QEMU hands it over, or the disk is not known. */
  readonly place: BootVolume | undefined;
  /** What QEMU hands over with it. */
  readonly initrd: ByteSource | undefined;
  /** As the firmware hands it on: one character for each byte that QEMU is given. */
  readonly commandLine: string | undefined;
  /** Whether the program that gives the command line measures it, as boot loaders do. */
  readonly isMeasured?: true;
  /** OEM strings of the machine's SMBIOS table that programs listen to. */
  readonly oemStrings?: readonly string[];
};

/**
 * Finds the image that the firmware starts: what `-kernel` gives it, or the default boot file of the
 * first partition that has one.
 *
 * @param boot the disk or kernel of the machine
 * @param open opens a file of the machine description
 * @throws FormatError where the disk is no raw image with a GPT, or its file system is damaged
 * @throws UnbootableError where no partition has a default boot file
 * @see edk2, MdeModulePkg/Library/UefiBootManagerLib/BmBoot.c (BmExpandMediaDevicePath)
 */
export function findBootImage(
  boot: Machine['boot'],
  open: (path: string) => ByteSource,
): BootImage {
  if (boot.kind === 'disk') return findOnDisk(open(boot.path));
  return {
    source: open(boot.kernel),
    path: '-kernel',
    boot: 'kernel',
    place: undefined,
    initrd: boot.initrd === undefined ? undefined : open(boot.initrd),
    commandLine: boot.cmdline === undefined ? undefined : asFirmwareText(boot.cmdline),
  };
}

/**
 * An image as the default boot file of an otherwise empty partition, on a disk that is not known.
 *
 * @param source the image
 */
export function asDefaultBootFile(source: ByteSource): BootImage {
  return onDisk(source, DEFAULT_BOOT_FILE, undefined);
}

/**
 * An image that is started without anything being told to it.
 *
 * @param source the image
 * @param path its path from the root of its partition
 * @param place the partition; absent where the disk is not known
 */
export function onDisk(source: ByteSource, path: string, place: BootVolume | undefined): BootImage {
  return { source, path, boot: 'disk', place, initrd: undefined, commandLine: undefined };
}

function findOnDisk(disk: ByteSource): BootImage {
  rejectQcow2(disk);
  const gpt = readGpt(disk);
  const problems: string[] = [];
  for (const { number, type, offset, size } of gpt.partitions) {
    const volume = tryOpenFat(sliceSource(disk, offset, size, `partition ${number}`));
    if (volume instanceof FormatError) {
      if (type === EFI_SYSTEM_PARTITION) problems.push(volume.message);
      continue;
    }
    const source = openFile(volume, DEFAULT_BOOT_FILE);
    if (source) return onDisk(source, DEFAULT_BOOT_FILE, { disk, gpt, volume });
  }
  const [problem] = problems;
  const why = problem === undefined ? '' : `; its ESP is not mounted: ${problem}`;
  throw new UnbootableError(`${disk.name} has no partition with ${DEFAULT_BOOT_FILE}${why}`);
}

function asFirmwareText(commandLine: string): string {
  return Buffer.from(commandLine, 'utf8').toString('latin1');
}

function rejectQcow2(disk: ByteSource): void {
  const start = Buffer.from(disk.read(0, Math.min(disk.size, QCOW2_MAGIC.length)));
  if (start.toString('latin1') !== QCOW2_MAGIC) return;
  throw new FormatError({
    file: disk.name,
    offset: 0,
    expected: 'a raw disk image',
    found: 'a qcow2 image',
  });
}

/** A partition that holds no FAT volume is one that the firmware finds no files on. */
function tryOpenFat(partition: ByteSource): FatVolume | FormatError {
  try {
    return openFat(partition);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}
