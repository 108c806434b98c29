import type { TreeNode } from '../../formats/file-tree.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';
import type { Forecast } from '../prediction.ts';
import { userspaceEvent } from './systemd-userspace.ts';
import { unitStart } from './unit-start.ts';

/** The PCRs of what ran before the operating system. */
export const OS_SEPARATOR_PCRS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 13, 14];

/** The first systemd that closes them. */
const FIRST_WITH_SEPARATOR = 261;

const WORD = 'os-separator';

/**
 * Forecasts whether systemd closes, in the initrd, the PCRs of what ran before it.
 *
 * @param forecast which banks
 * @param initrd the initrd's files; absent where they are not known
 * @param parameters the kernel's
 * @param stubVersion what the version of systemd is taken from where the initrd is not known
 * @throws FormatError where a folder is damaged
 * @see systemd units/systemd-pcrosseparator.service.in
 */
export function osSeparator(
  forecast: Forecast,
  initrd: TreeNode | undefined,
  parameters: readonly KernelParameter[],
  stubVersion: number,
): Contribution {
  if (initrd === undefined) {
    return stubVersion < FIRST_WITH_SEPARATOR
      ? computed()
      : unknown(
          OS_SEPARATOR_PCRS,
          'systemd from v261 on closes it in the initrd, which is not read',
        );
  }
  const start = unitStart(initrd, 'systemd-pcrosseparator.service', 'sysinit.target', parameters);
  if (start === 'not started') return computed();
  if (start !== 'started') return unknown(OS_SEPARATOR_PCRS, start.unknown);
  return computed(...OS_SEPARATOR_PCRS.map((pcr) => userspaceEvent(forecast, pcr, WORD, WORD)));
}
