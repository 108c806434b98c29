import type { ByteSource } from '../../harness/bytes/source.ts';
import { diskRegions } from '../../harness/coverage/disk-regions.ts';
import { type Flip, flippedSource } from '../../harness/coverage/flipped-source.ts';
import { ForecastDifference } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import { findVerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { InfraError } from '../../harness/host/errors.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { readFirmware } from '../../harness/predict/firmware/firmware.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { FirmwareRunContext } from '../../harness/vm/firmware-run-context.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import { RewindableVm } from '../../harness/vm/rewindable-vm.ts';
import { type FlipFiles, kept, type OpenBench, openAll } from './flip-files.ts';
import { isDecided } from './flip-verdict.ts';

/** The PCR of what QEMU tells the firmware: measured when all devices are found, before any is read. */
const CONFIGURATION_PCR = 1;

/** The PCR of what Linux itself measures of what it is started with. */
const INITRD_PCR = 'PCR 9';

/** What a kernel notices, which here is none. */
const BY_LINUX = ['Linux refuses', 'dm-verity'];

/** Flips bits of the disk as far as firmware and boot loaders read it. */
export function diskBench(files: FlipFiles, context: FirmwareRunContext): Promise<OpenBench> {
  const { isSecureBoot } = files;
  const about = isSecureBoot ? 'the disk, with Secure Boot on' : 'the disk, with Secure Boot off';
  return flipsOfDisk(files, context, about, (regions, disk) =>
    beforeKernel(regions, disk).filter((region) => !isSecureBoot || isSigned(region)),
  );
}

/**
 * Flips bits of what Linux measures before it leaves the firmware. There is no forecast of these: it is not known
 * what a damaged initrd does, and so no PCR is.
 */
export async function kernelBench(
  files: FlipFiles,
  context: FirmwareRunContext,
): Promise<OpenBench> {
  const isByLinux = ({ detectedBy }: Region) => detectedBy.includes(INITRD_PCR);
  const about = 'what Linux is started with, with Secure Boot off';
  const select = (regions: readonly Region[]) => regions.filter(isByLinux);
  const { forecast: _, ...bench } = await flipsOfDisk(files, context, about, select);
  return bench;
}

/** Every boot goes on from where the firmware has not read the disk yet. */
async function flipsOfDisk(
  files: FlipFiles,
  context: FirmwareRunContext,
  about: string,
  select: (regions: readonly Region[], disk: ByteSource) => readonly Region[],
): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { disk, code, store } = await openAll(files, opening);
  const { machine } = files;
  if (machine.boot.kind !== 'disk') throw new TypeError(`${machine.name} has no disk`);
  const firmware = readFirmware(code, store);
  const unchanged = new ForecastDifference({ disk, firmware });
  const vm = opening.use(await beforeTheDisk(machine, context));
  const copy = opening.use(new FlippableDisk(machine.boot.path));
  const boot = async (flips: readonly Flip[]) => {
    const flip = () => {
      for (const { offset, bits } of flips) copy.flip(offset, bits);
    };
    await vm.rewind();
    flip();
    const seen = await vm.run(isDecided, context.signal);
    flip();
    return seen;
  };
  return {
    about,
    file: 'disk',
    regions: select(diskRegions(disk, firmware).regions, disk),
    boot,
    forecast: (flip) => unchanged.outcomeOf(() => ({ disk: flippedSource(disk, flip), firmware })),
    ...kept(opening),
  };
}

/**
 * The machine with all of its devices found, and its disk not yet read.
 *
 * @throws InfraError where it could not be stopped in time
 */
async function beforeTheDisk(machine: Machine, context: FirmwareRunContext): Promise<RewindableVm> {
  await using opening = new AsyncDisposableStack();
  const vm = opening.use(await RewindableVm.start(machine, context));
  const isConfigured = ({ extends: all }: SeenBoot) =>
    all.some(({ pcr }) => pcr === CONFIGURATION_PCR);
  const { end, disk } = await vm.run(isConfigured, context.signal);
  if (end !== 'over' || disk.reads > 0) {
    const problem = `${end} with ${disk.reads} reads of the disk, instead of stopped before the first`;
    throw new InfraError({ tool: 'firmware', problem });
  }
  await vm.writeDown();
  opening.move();
  return vm;
}

/** What firmware and boot loaders read; the rest is dm-verity's, whose reads a guest can show. */
function beforeKernel(regions: readonly Region[], disk: ByteSource): readonly Region[] {
  const { data, hash } = findVerityPartitions(disk);
  const isVerity = ({ start }: Region) =>
    [data, hash].some(({ offset, size }) => start >= offset && start < offset + size);
  const isByLinux = ({ detectedBy }: Region) => detectedBy.some((one) => BY_LINUX.includes(one));
  return regions.filter((region) => !isVerity(region) && !isByLinux(region));
}

/** What differs with Secure Boot on: what leads to the image, and what is not in it, is read as without. */
function isSigned({ detectedBy, steers, what }: Region): boolean {
  return (
    detectedBy.includes('Secure Boot signature') && (steers === undefined || what.startsWith('.'))
  );
}
