import { smbiosSystemUuid } from '../../formats/smbios-system-uuid.ts';
import { type Contribution, computed, inOrder, unknown } from '../contribution.ts';
import { predictIma } from '../linux/ima-measurement.ts';
import { isTurnedOff } from '../linux/kernel-parameters.ts';
import type { Platform } from '../platform.ts';
import type { Forecast } from '../prediction.ts';
import { nvPcrs } from './nv-pcrs.ts';
import { type OpenedSystem, openSystem, orReason, type StartedSystem } from './opened-system.ts';
import { OS_SEPARATOR_PCRS, osSeparator } from './os-separator.ts';
import { measuredPhases } from './phase-units.ts';
import { systemIdentity } from './system-identity.ts';
import { phaseEvents, phaseWords } from './systemd-userspace.ts';

/** The first stub that says that it measured, without which systemd measures nothing. */
const FIRST_MEASURING_STUB = 252;

/** The first systemd that can be told not to measure. */
const FIRST_WITH_SWITCH = 261;

/** QEMU's name for the SMBIOS structures that it hands to the firmware. */
const SMBIOS_TABLES = 'etc/smbios/smbios-tables';

/** What was there before the operating system. */
export type Before = {
  /** The machine's tables. */
  readonly platform: Platform;
  readonly isSecureBoot: boolean;
  /** All that the firmware and its programs measured. */
  readonly boot: Contribution;
};

/**
 * Forecasts what the operating system adds to the PCRs.
 *
 * @param forecast which banks
 * @param system what was started from a UKI; absent where it was started without
 * @param phases the phases that systemd has gone through, e.g. `enter-initrd:leave-initrd`
 * @param before what was there before it
 * @see systemd units with ConditionSecurity=measured-uki
 */
export function predictUserspace(
  forecast: Forecast,
  system: StartedSystem | undefined,
  phases: string,
  before: Before,
): Contribution {
  const opened = system && openSystem(system);
  return inOrder(
    predictIma(forecast, opened, before.boot, before.isSecureBoot),
    opened !== undefined && isMeasured(opened)
      ? measuredSystem(forecast, opened, phaseWords(phases), before.platform)
      : computed(),
  );
}

function isMeasured({ stubVersion, parameters }: OpenedSystem): boolean {
  const isOff = isTurnedOff(parameters, 'systemd.tpm2_measured_os');
  return stubVersion >= FIRST_MEASURING_STUB && !(isOff && stubVersion >= FIRST_WITH_SWITCH);
}

/** The initrd's separator is measured before its last phase, the system's identity before `sysinit`. */
function measuredSystem(
  forecast: Forecast,
  system: OpenedSystem,
  words: readonly string[],
  platform: Platform,
): Contribution {
  const { initrd, root, parameters, stubVersion } = system;
  const trees = { initrd, root: 'unknown' in root ? undefined : root.volume.root };
  const initialized = indexOrEnd(words, 'sysinit');
  const left = Math.min(indexOrEnd(words, 'leave-initrd'), initialized);
  const phasesOf = (start: number, end: number) =>
    computed(
      ...phaseEvents(
        forecast,
        measuredPhases(words.slice(start, end), trees, parameters).join(':'),
      ),
    );
  return inOrder(
    phasesOf(0, left),
    left < words.length
      ? doubtful(OS_SEPARATOR_PCRS, () => osSeparator(forecast, initrd, parameters, stubVersion))
      : computed(),
    phasesOf(left, initialized),
    initialized < words.length ? identity(forecast, system, platform) : computed(),
    phasesOf(initialized, words.length),
  );
}

function indexOrEnd(words: readonly string[], word: string): number {
  const index = words.indexOf(word);
  return index < 0 ? words.length : index;
}

function identity(
  forecast: Forecast,
  { root, initrd, parameters, stubVersion, opensVolumes }: OpenedSystem,
  { fwCfg }: Platform,
): Contribution {
  const trees = { initrd, root: 'unknown' in root ? undefined : root.volume.root };
  return inOrder(
    'unknown' in root
      ? unknown([15], `systemd measures the machine id here: ${root.unknown}`)
      : doubtful([15], () => systemIdentity(forecast, root, parameters, systemUuid(fwCfg))),
    doubtful([9], () => nvPcrs(forecast, trees, { parameters, stubVersion, opensVolumes })),
  );
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
