import { existsSync } from 'node:fs';
import { platformOf } from '../../suites/platform-of.ts';
import type { Machine } from '../machine/machine.ts';
import type { Platform } from '../predict/platform.ts';
import { chooseAccelerator } from '../vm/accelerator.ts';
import { chosenTools, HostSession } from './host-session.ts';
import type { MachineFlags } from './machine-flags.ts';
import { WORKSPACE } from './workspace.ts';

/** Options of a command that finds out a machine's platform. */
export type PlatformFlags = MachineFlags & {
  /** Whether the firmware may be run alone for what cannot be computed. */
  readonly learn: boolean;
};

/**
 * Finds out what a machine measures that stands in none of its files, with this host's QEMU.
 *
 * @throws EnvironmentError where QEMU is not there; what {@link platformOf} throws
 */
export async function machinePlatform(machine: Machine, flags: PlatformFlags): Promise<Platform> {
  await using session = new HostSession();
  const { reaper, signal } = session;
  const tools = chosenTools(flags.tools);
  const { accelerator } = await chooseAccelerator(flags.accel, machine, { tools, reaper, signal });
  session.step(
    `QEMU's tables${flags.learn ? ', and the firmware alone,' : ''} for ${machine.name}`,
  );
  const context = { tools, accelerator, reaper, cache: WORKSPACE.cache, signal };
  return await platformOf(machine, { ...context, learn: flags.learn });
}

/** Whether set-up has made what {@link machinePlatform} needs. */
export function hasToolbox(): boolean {
  return existsSync(WORKSPACE.toolbox);
}
