import { readFile, writeFile } from 'node:fs/promises';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { diskRegions } from '../../harness/coverage/disk-regions.ts';
import { firmwareRegions } from '../../harness/coverage/firmware-regions.ts';
import { type Flip, flippedSource } from '../../harness/coverage/flipped-source.ts';
import { ForecastDifference } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import { variableRegions } from '../../harness/coverage/variable-regions.ts';
import { findVerityPartitions } from '../../harness/coverage/verity-disk.ts';
import { InfraError } from '../../harness/host/errors.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { readFirmware } from '../../harness/predict/firmware/firmware.ts';
import type { SeenBoot } from '../../harness/vm/boot-watch.ts';
import type { FirmwareRunContext } from '../../harness/vm/firmware-run-context.ts';
import { FlippableDisk } from '../../harness/vm/flippable-disk.ts';
import { RewindableVm } from '../../harness/vm/rewindable-vm.ts';
import { type FlippedRun, isDecided } from './flip-verdict.ts';
import type { FlipBench } from './try-flips.ts';

/** What is flipped in, all of it by absolute paths. */
export type FlipFiles = {
  /** Boots a copy of the disk that nobody else has. */
  readonly machine: Machine;
  /** The disk, the firmware's code and its variables, without any flip. */
  readonly original: string;
  readonly code: string;
  readonly store: string;
  readonly isSecureBoot: boolean;
  /** Where a file of the firmware with bits flipped may be written. */
  readonly changed: string;
};

/** A bench that keeps files and a VM open. */
export type OpenBench = FlipBench & AsyncDisposable;

/** The PCR of what QEMU tells the firmware: measured when all devices are found, before any is read. */
const CONFIGURATION_PCR = 1;

/** What a kernel notices, which here is none. */
const BY_LINUX = ['Linux refuses', 'dm-verity'];

/** Flips bits of the disk: every boot goes on from where the firmware has not read it yet. */
export async function diskBench(files: FlipFiles, context: FirmwareRunContext): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { disk, code, store } = await openAll(files, opening);
  const { machine, isSecureBoot } = files;
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
    about: isSecureBoot ? 'the disk, with Secure Boot on' : 'the disk, with Secure Boot off',
    file: 'disk',
    regions: beforeKernel(diskRegions(disk, firmware).regions, disk).filter(
      (region) => !isSecureBoot || isSigned(region),
    ),
    boot,
    forecast: (flip) => unchanged.outcomeOf(() => ({ disk: flippedSource(disk, flip), firmware })),
    ...kept(opening),
  };
}

/** Flips bits of the firmware's code: every boot is from power-on, and of no SEV guest. */
export async function codeBench(files: FlipFiles, context: FirmwareRunContext): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { code } = await openAll(files, opening);
  return {
    about: 'the firmware, without SEV',
    file: 'firmware',
    regions: firmwareRegions(code).filter(isNotExecuted).map(withoutLaunch),
    boot: (flips) => bootWith(files, 'code', flips, context),
    ...kept(opening),
  };
}

/** Flips bits of the variables, Secure Boot being on: every boot is from power-on. */
export async function variablesBench(
  files: FlipFiles,
  context: FirmwareRunContext,
): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { disk, code, store } = await openAll(files, opening);
  const firmware = readFirmware(code, store);
  const unchanged = new ForecastDifference({ disk, firmware });
  return {
    about: 'the variables, with Secure Boot on',
    file: 'variables',
    regions: largestOfEach(variableRegions(store, firmware.build.hasSecureBoot)),
    boot: (flips) => bootWith(files, 'vars', flips, context),
    forecast: (flip) =>
      unchanged.outcomeOf(() => ({
        disk,
        firmware: readFirmware(code, flippedSource(store, flip)),
      })),
    ...kept(opening),
  };
}

/** Of the pieces that a variable is cut into, one of each kind: a boot of its own for each takes seconds. */
function largestOfEach(regions: readonly Region[]): readonly Region[] {
  const kinds = Map.groupBy(regions, ({ what, file }) => `${what} ${file}`);
  const bytes = ({ start, end }: Region) => end - start;
  return [...kinds.values()].flatMap((alike) =>
    alike.toSorted((a, b) => bytes(b) - bytes(a)).slice(0, 1),
  );
}

async function openAll(
  { original, code, store }: FlipFiles,
  opening: AsyncDisposableStack,
): Promise<{ disk: ByteSource; code: ByteSource; store: ByteSource }> {
  const open = async (path: string) => opening.use(await openSource(path));
  return { disk: await open(original), code: await open(code), store: await open(store) };
}

/** Hands what was opened on to the bench. */
function kept(opening: AsyncDisposableStack): AsyncDisposable {
  const moved = opening.move();
  return { [Symbol.asyncDispose]: () => moved.disposeAsync() };
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

/** Code that runs before anything is measured may do anything once a bit of it is another. */
function isNotExecuted({ steers }: Region): boolean {
  return steers === true;
}

/** There is no launch digest here to tell. */
function withoutLaunch(region: Region): Region {
  return { ...region, detectedBy: region.detectedBy.filter((one) => one !== 'launch digest') };
}

async function bootWith(
  { machine, code, store, changed }: FlipFiles,
  which: 'code' | 'vars',
  flips: readonly Flip[],
  context: FirmwareRunContext,
): Promise<FlippedRun> {
  const bytes = await readFile(which === 'code' ? code : store);
  for (const { offset, bits } of flips) bytes[offset] = (bytes[offset] ?? 0) ^ bits;
  await writeFile(changed, bytes);
  const { firmware } = machine;
  if (firmware.kind !== 'pflash') throw new TypeError(`${machine.name} has no variable store`);
  const own = { ...machine, firmware: { ...firmware, [which]: changed } };
  await using vm = await RewindableVm.start(own, context, 'in memory');
  const run = await vm.run(isDecided, context.signal);
  if (which === 'code' || flips.length === 0) return run;
  const left = await vm.readStore();
  const isUndone = ({ offset, bits }: Flip) => {
    const [before = 0, after = 0] = [bytes[offset], left[offset]];
    return (before & bits) !== (after & bits);
  };
  return { ...run, isRewritten: flips.every(isUndone) };
}
