import { readOvmfBuild } from '../harness/formats/ovmf-build.ts';
import { openSource } from '../harness/host/file-source.ts';
import { settleAll } from '../harness/host/settle.ts';
import type { Machine } from '../harness/machine/machine.ts';
import { computePeiVolume } from '../harness/predict/firmware/pei-volume.ts';
import type { Platform } from '../harness/predict/platform.ts';
import type { FirmwareRunContext } from '../harness/vm/firmware-run-context.ts';
import { learnFirmwareMemory } from '../harness/vm/learn-firmware.ts';
import { readQemuTables } from '../harness/vm/qemu-tables.ts';
import { unpackFirmware } from '../harness/vm/unpacked-firmware.ts';

/** How a platform is found out. */
export type PlatformContext = FirmwareRunContext & {
  /** Whether the firmware may be run alone for what cannot be computed. */
  readonly learn: boolean;
};

/**
 * Finds out what a machine measures that stands in none of its files: QEMU is asked for its tables, and,
 * where that is allowed, the firmware is run alone. Nothing of what the machine boots runs.
 *
 * @throws what {@link readQemuTables} and {@link learnFirmwareMemory} throw
 */
export async function platformOf(machine: Machine, context: PlatformContext): Promise<Platform> {
  const [tables, learned] = await settleAll([
    readQemuTables(machine, context),
    learnedMemory(machine, context),
  ]);
  return { fwCfg: tables, ...learned };
}

async function learnedMemory(
  machine: Machine,
  context: PlatformContext,
): Promise<Pick<Platform, 'firmwareMemory'>> {
  await unpackFirmware(codeOf(machine), context.cache);
  if (!context.learn || (await isComputable(machine))) return {};
  return { firmwareMemory: await learnFirmwareMemory(machine, context) };
}

/** Some builds leave their PEI volume as it is in the file, or change it by a rule that is known. */
async function isComputable(machine: Machine): Promise<boolean> {
  using code = await openSource(codeOf(machine));
  return computePeiVolume(readOvmfBuild(code).peiVolume) !== undefined;
}

function codeOf({ firmware }: Machine): string {
  return firmware.kind === 'bios' ? firmware.image : firmware.code;
}
