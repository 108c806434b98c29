import type { Uki } from '../formats/uki.ts';
import { type Contribution, computed, inOrder, unknown } from './contribution.ts';
import type { Forecast } from './prediction.ts';
import { phaseEvents } from './systemd-userspace.ts';

/** The first stub that says that it measured, without which systemd measures nothing. */
const FIRST_MEASURING_STUB = 252;

/** systemd closes PCR 9 when it has set up its NvPCRs; a UKI's stub tells its age. */
const FIRST_WITH_NVPCR_SEPARATOR = 259;

/** systemd closes these PCRs in the initrd. */
const FIRST_WITH_OS_SEPARATOR = 261;
const OS_SEPARATOR_PCRS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14];

/**
 * Forecasts what the operating system adds to the PCRs.
 *
 * @param forecast which banks
 * @param uki the UKI that it was started from; absent where it was started without
 * @param phases the phases that systemd has gone through, e.g. `enter-initrd:leave-initrd`
 * @see systemd units with ConditionSecurity=measured-uki
 */
export function predictUserspace(
  forecast: Forecast,
  uki: Uki | undefined,
  phases: string,
): Contribution {
  const ima = unknown(
    [10],
    'IMA measures the PCRs of the firmware here, and files as its policy asks for',
  );
  if (uki === undefined || versionOf(uki) < FIRST_MEASURING_STUB) return ima;
  return inOrder(
    computed(...phaseEvents(forecast, phases)),
    ima,
    unknown([15], 'systemd measures the machine id here, which the root file system holds'),
    separators(uki),
  );
}

function separators(uki: Uki): Contribution {
  const version = versionOf(uki);
  const nvPcr = unknown([9], 'systemd from v259 on closes it when it has set up its NvPCRs');
  const os = unknown(OS_SEPARATOR_PCRS, 'systemd from v261 on closes it in the initrd');
  return inOrder(
    version >= FIRST_WITH_NVPCR_SEPARATOR ? nvPcr : computed(),
    version >= FIRST_WITH_OS_SEPARATOR ? os : computed(),
  );
}

/** An image that does not name its stub is taken for one with the newest. */
function versionOf({ stub }: Uki): number {
  return stub?.version ?? Number.POSITIVE_INFINITY;
}
