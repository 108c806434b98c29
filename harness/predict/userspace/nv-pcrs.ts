import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import { type Contribution, computed, unknown } from '../contribution.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';
import type { Forecast } from '../prediction.ts';
import { userspaceEvent } from './systemd-userspace.ts';
import { unitStart } from './unit-start.ts';

/** TPM2_PCR_KERNEL_INITRD (UAPI Group, Linux TPM PCR Registry). */
const PCR = 9;

/** The first systemd with NvPCRs. */
const FIRST_WITH_NVPCRS = 259;

/** Where NvPCRs are defined, one a file. */
const FOLDERS = ['/etc/nvpcr', '/usr/local/lib/nvpcr', '/usr/lib/nvpcr'];
const SUFFIX = '.nvpcr';

const WORD = 'nvpcr-separator';

/** The file systems that systemd runs from; absent where they are not known. */
export type SystemTrees = {
  readonly initrd: TreeNode | undefined;
  readonly root: TreeNode | undefined;
};

/**
 * Forecasts what systemd extends PCR 9 with when it sets up its NvPCRs: one event for each, which
 * depends on a secret of the machine, and a separator.
 *
 * @param forecast which banks
 * @param trees where NvPCRs are defined
 * @param parameters the kernel's
 * @param stubVersion what the version of systemd is taken from where a tree is not known
 * @throws FormatError where a folder is damaged
 * @see systemd src/shared/tpm2-util.c (tpm2_nvpcr_initialize), units/systemd-pcrnvdone.service.in
 */
export function nvPcrs(
  forecast: Forecast,
  { initrd, root }: SystemTrees,
  parameters: readonly KernelParameter[],
  stubVersion: number,
): Contribution {
  if (root === undefined || initrd === undefined) {
    return stubVersion < FIRST_WITH_NVPCRS
      ? computed()
      : unknown([PCR], 'systemd from v259 on closes it when it has set up its NvPCRs');
  }
  const defined = [...definitions(initrd), ...definitions(root)];
  const start = unitStart(root, 'systemd-pcrnvdone.service', 'sysinit.target', parameters);
  if (defined.length > 0) {
    const names = [...new Set(defined)].join(', ');
    return unknown([PCR], `a secret of the machine is measured with the NvPCRs ${names}`);
  }
  if (start === 'not started') return computed();
  if (start !== 'started') return unknown([PCR], start.unknown);
  return computed(userspaceEvent(forecast, PCR, WORD, WORD));
}

function definitions(tree: TreeNode): readonly string[] {
  return FOLDERS.flatMap((path) => {
    const folder = findNode(tree, path);
    return folder?.kind === 'folder' ? folder.names() : [];
  })
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
}
