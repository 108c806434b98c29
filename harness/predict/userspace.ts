import { FormatError } from '../bytes/format-error.ts';
import type { ByteSource } from '../bytes/source.ts';
import type { TreeNode } from '../formats/file-tree.ts';
import { initrdTree } from '../formats/initrd-tree.ts';
import { smbiosSystemUuid } from '../formats/smbios-system-uuid.ts';
import type { Uki } from '../formats/uki.ts';
import { type Contribution, computed, inOrder, unknown } from './contribution.ts';
import { isTurnedOff, type KernelParameter, kernelParameters } from './kernel-parameters.ts';
import { nvPcrs } from './nv-pcrs.ts';
import { OS_SEPARATOR_PCRS, osSeparator } from './os-separator.ts';
import type { Platform } from './platform.ts';
import type { Forecast } from './prediction.ts';
import { openRoot, type SystemDisk, systemIdentity } from './system-identity.ts';
import { phaseEvents, phaseWords } from './systemd-userspace.ts';

/** The first stub that says that it measured, without which systemd measures nothing. */
const FIRST_MEASURING_STUB = 252;

/** The first systemd that can be told not to measure. */
const FIRST_WITH_SWITCH = 261;

/** QEMU's name for the SMBIOS structures that it hands to the firmware. */
const SMBIOS_TABLES = 'etc/smbios/smbios-tables';

/** What a UKI starts. */
export type StartedSystem = {
  readonly uki: Uki;
  /** The command line as the kernel gets it. */
  readonly commandLine: string;
  /** The initrd that the UKI brings; absent where there is none, or not this one alone. */
  readonly initrd: ByteSource | undefined;
  /** The disk that it was started from; absent where that is not known. */
  readonly disk: SystemDisk | undefined;
};

/**
 * Forecasts what the operating system adds to the PCRs.
 *
 * @param forecast which banks
 * @param system what was started from a UKI; absent where it was started without
 * @param phases the phases that systemd has gone through, e.g. `enter-initrd:leave-initrd`
 * @param platform the machine's tables
 * @see systemd units with ConditionSecurity=measured-uki
 */
export function predictUserspace(
  forecast: Forecast,
  system: StartedSystem | undefined,
  phases: string,
  platform: Platform,
): Contribution {
  const ima = unknown(
    [10],
    'IMA measures the PCRs of the firmware here, and files as its policy asks for',
  );
  return system === undefined || !isMeasured(system)
    ? ima
    : inOrder(ima, measuredSystem(forecast, system, phaseWords(phases), platform));
}

function isMeasured({ uki, commandLine }: StartedSystem): boolean {
  const version = versionOf(uki);
  const isOff = isTurnedOff(kernelParameters(commandLine), 'systemd.tpm2_measured_os');
  return version >= FIRST_MEASURING_STUB && !(isOff && version >= FIRST_WITH_SWITCH);
}

/** The initrd's separator is measured before its last phase, the system's identity before `sysinit`. */
function measuredSystem(
  forecast: Forecast,
  system: StartedSystem,
  words: readonly string[],
  platform: Platform,
): Contribution {
  const parameters = kernelParameters(system.commandLine);
  const initialized = indexOrEnd(words, 'sysinit');
  const left = Math.min(indexOrEnd(words, 'leave-initrd'), initialized);
  const phasesOf = (start: number, end: number) =>
    computed(...phaseEvents(forecast, words.slice(start, end).join(':')));
  const initrd = left < words.length ? openInitrd(system) : undefined;
  return inOrder(
    phasesOf(0, left),
    left < words.length
      ? doubtful(OS_SEPARATOR_PCRS, () =>
          osSeparator(forecast, initrd, parameters, versionOf(system.uki)),
        )
      : computed(),
    phasesOf(left, initialized),
    initialized < words.length
      ? identity(forecast, { ...system, parameters, tree: initrd }, platform)
      : computed(),
    phasesOf(initialized, words.length),
  );
}

function indexOrEnd(words: readonly string[], word: string): number {
  const index = words.indexOf(word);
  return index < 0 ? words.length : index;
}

function identity(
  forecast: Forecast,
  system: StartedSystem & {
    readonly parameters: readonly KernelParameter[];
    readonly tree: TreeNode | undefined;
  },
  { fwCfg }: Platform,
): Contribution {
  const { disk, parameters, tree, uki } = system;
  const root = openRootOf(disk, parameters);
  const opened = 'unknown' in root ? undefined : root.volume.root;
  return inOrder(
    'unknown' in root
      ? unknown([15], `systemd measures the machine id here: ${root.unknown}`)
      : doubtful([15], () => systemIdentity(forecast, root, parameters, systemUuid(fwCfg))),
    doubtful([9], () =>
      nvPcrs(forecast, { initrd: tree, root: opened }, parameters, versionOf(uki)),
    ),
  );
}

/** What is damaged, or not of a kind that is read, is not known. */
function openInitrd({ initrd }: StartedSystem): TreeNode | undefined {
  if (initrd === undefined) return undefined;
  const tree = orReason(() => initrdTree(initrd));
  return 'unknown' in tree ? undefined : tree;
}

function openRootOf(disk: SystemDisk | undefined, parameters: readonly KernelParameter[]) {
  if (disk === undefined) return { unknown: 'the disk with the root file system is not known' };
  return orReason(() => openRoot(disk, parameters));
}

/** A credential may say another machine id than the machine's UUID. */
function systemUuid(fwCfg: Platform['fwCfg']): string | undefined {
  const tables = fwCfg?.get(SMBIOS_TABLES);
  if (tables === undefined || Buffer.from(tables).includes('system.machine_id')) return undefined;
  return smbiosSystemUuid(SMBIOS_TABLES, tables);
}

function doubtful(pcrs: readonly number[], forecast: () => Contribution): Contribution {
  const found = orReason(forecast);
  return 'unknown' in found ? unknown(pcrs, found.unknown) : found;
}

function orReason<T extends object>(read: () => T): T | { readonly unknown: string } {
  try {
    return read();
  } catch (error) {
    if (error instanceof FormatError) return { unknown: error.message };
    throw error;
  }
}

/** An image that does not name its stub is taken for one with the newest. */
function versionOf({ stub }: Uki): number {
  return stub?.version ?? Number.POSITIVE_INFINITY;
}
