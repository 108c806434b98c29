import { readFile, writeFile } from 'node:fs/promises';
import { toHex } from '../../harness/bytes/hex.ts';
import type { ByteSource } from '../../harness/bytes/source.ts';
import { firmwareRegions } from '../../harness/coverage/firmware-regions.ts';
import { type Flip, flippedSource } from '../../harness/coverage/flipped-source.ts';
import { ForecastDifference } from '../../harness/coverage/forecast-difference.ts';
import type { Region } from '../../harness/coverage/region.ts';
import type { Trial } from '../../harness/coverage/sample.ts';
import { variableRegions } from '../../harness/coverage/variable-regions.ts';
import { openSource } from '../../harness/host/file-source.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { readFirmware } from '../../harness/predict/firmware/firmware.ts';
import type { FirmwareRunContext } from '../../harness/vm/firmware-run-context.ts';
import { RewindableVm } from '../../harness/vm/rewindable-vm.ts';
import { type FlipFiles, kept, type OpenBench, openAll } from './flip-files.ts';
import { type FlippedRun, isDecided } from './flip-verdict.ts';

/** The PCR of what the firmware may boot, and in which order. */
const BOOT_OPTIONS_PCR = 'PCR 1';

/** `mov eax, cr0`: of the last byte, processors ignore the two highest bits (Intel SDM 2, MOV to and from CRs). */
const FIRST_INSTRUCTION = '0f20c0';
const IGNORED_BIT = 0x40;

/** Flips bits of the firmware's code: every boot is from power-on, and of no SEV guest. */
export async function codeBench(files: FlipFiles, context: FirmwareRunContext): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { code } = await openAll(files, opening);
  const regions = firmwareRegions(code).map(withoutLaunch);
  return {
    about: 'the firmware, without SEV',
    file: 'firmware',
    regions: [
      ...regions.filter(({ executed }) => !executed),
      ...largestOfEach(regions.filter(({ executed }) => executed)),
    ],
    chosen: [executedUnchanged(regions, code)],
    boot: (flips) => bootWith(files, 'code', flips, context),
    ...kept(opening),
  };
}

/**
 * Flips bits of the variables, Secure Boot being on: every boot is from power-on. Boot options there are in a
 * store that was booted with; of what the firmware has written besides, nothing is flipped.
 */
export async function variablesBench(
  files: FlipFiles,
  context: FirmwareRunContext,
): Promise<OpenBench> {
  await using opening = new AsyncDisposableStack();
  const { disk, code, store: empty } = await openAll(files, opening);
  const booted = { ...files, store: await storeAfterBoot(files, context) };
  const store = opening.use(await openSource(booted.store));
  const firmware = readFirmware(code, store);
  const unchanged = new ForecastDifference({ disk, firmware });
  const regionsOf = (source: ByteSource) => variableRegions(source, firmware.build.hasSecureBoot);
  const known = new Set(regionsOf(empty).map(({ file }) => file));
  const isWanted = ({ file, detectedBy }: Region) =>
    known.has(file) || detectedBy.includes(BOOT_OPTIONS_PCR);
  return {
    about: 'the variables, with Secure Boot on',
    file: 'variables',
    regions: largestOfEach(regionsOf(store).filter(isWanted)),
    boot: (flips) => bootWith(booted, 'vars', flips, context),
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

/** A bit of an instruction that is executed and does the same with it: only a measurement could tell. */
function executedUnchanged(regions: readonly Region[], code: ByteSource): Trial {
  const found = regions.find(({ what }) => what === 'reset vector');
  const instruction = found && toHex(code.read(found.start, FIRST_INSTRUCTION.length / 2));
  if (found === undefined || instruction !== FIRST_INSTRUCTION) {
    throw new TypeError(`the reset vector begins with ${instruction}`);
  }
  const { executed: _, ...region } = { ...found, what: 'reset vector, to the same effect' };
  return { region, offset: found.start + 2, bits: IGNORED_BIT };
}

/** There is no launch digest here to tell. */
function withoutLaunch(region: Region): Region {
  return { ...region, detectedBy: region.detectedBy.filter((one) => one !== 'launch digest') };
}

/** @returns path of the store as the boot with it has left it */
async function storeAfterBoot(
  { machine, store, booted }: FlipFiles,
  context: FirmwareRunContext,
): Promise<string> {
  await using vm = await powerOn(machine, { vars: store }, context);
  await vm.run(isDecided, context.signal);
  await writeFile(booted, await vm.readStore());
  return booted;
}

async function powerOn(
  machine: Machine,
  files: { readonly code?: string; readonly vars?: string },
  context: FirmwareRunContext,
): Promise<RewindableVm> {
  const { firmware } = machine;
  if (firmware.kind !== 'pflash') throw new TypeError(`${machine.name} has no variable store`);
  const own = { ...machine, firmware: { ...firmware, ...files } };
  return await RewindableVm.start(own, context, 'in memory');
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
  await using vm = await powerOn(machine, { [which]: changed }, context);
  const run = await vm.run(isDecided, context.signal);
  if (which === 'code' || flips.length === 0) return run;
  const left = await vm.readStore();
  const isUndone = ({ offset, bits }: Flip) => {
    const [before = 0, after = 0] = [bytes[offset], left[offset]];
    return (before & bits) !== (after & bits);
  };
  return { ...run, isRewritten: flips.every(isUndone) };
}
