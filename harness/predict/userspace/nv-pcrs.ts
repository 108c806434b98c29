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

/** The first whose NvPCRs are set up by whom a policy allows, and not with a secret of the machine. */
const FIRST_WITH_POLICY = 262;

/** Where NvPCRs are defined, one a file. */
const FOLDERS = ['/etc/nvpcr', '/usr/local/lib/nvpcr', '/usr/lib/nvpcr'];
const SUFFIX = '.nvpcr';

const WORD = 'nvpcr-separator';

/** What sets up all NvPCRs that are defined. */
const SETUP = '/usr/lib/systemd/systemd-tpm2-setup';

/** The NvPCR that systemd-cryptsetup sets up by itself when it opens a volume. */
const OF_VOLUMES = 'cryptsetup';

/** What decides on whether NvPCRs are set up. */
export type NvPcrTerms = {
  /** The kernel's. */
  readonly parameters: readonly KernelParameter[];
  /** What the version of systemd is taken from where a tree is not known. */
  readonly stubVersion: number;
  /** Whether systemd may open an encrypted volume. */
  readonly opensVolumes: boolean;
};

/** The file systems that systemd runs from; absent where they are not known. */
export type SystemTrees = {
  readonly initrd: TreeNode | undefined;
  readonly root: TreeNode | undefined;
};

/**
 * Forecasts what systemd extends PCR 9 with when it sets up its NvPCRs: one event for each, which
 * depends on a secret of the machine or on who signed a policy, and a separator.
 *
 * @param forecast which banks
 * @param trees where NvPCRs are defined
 * @param terms what decides on whether they are set up
 * @throws FormatError where a folder is damaged
 * @see systemd src/shared/tpm2-util.c (tpm2_nvpcr_initialize), units/systemd-pcrnvdone.service.in
 */
export function nvPcrs(
  forecast: Forecast,
  { initrd, root }: SystemTrees,
  { parameters, stubVersion, opensVolumes }: NvPcrTerms,
): Contribution {
  if (root === undefined || initrd === undefined) {
    return stubVersion < FIRST_WITH_NVPCRS
      ? computed()
      : unknown([PCR], 'systemd from v259 on closes it when it has set up its NvPCRs');
  }
  const defined = [...definitions(initrd), ...definitions(root)].filter(
    (name) => name !== OF_VOLUMES || opensVolumes || [initrd, root].some(hasSetup),
  );
  const start = unitStart(root, 'systemd-pcrnvdone.service', 'sysinit.target', parameters);
  if (defined.length > 0) {
    const names = [...new Set(defined)].join(', ');
    return unknown(
      [PCR],
      stubVersion < FIRST_WITH_POLICY
        ? `a secret of the machine is measured with the NvPCRs ${names}`
        : `whether the UKI’s key lets systemd set up the NvPCRs ${names}, which it then measures, is not forecast`,
    );
  }
  if (start === 'not started') return computed();
  if (start !== 'started') return unknown([PCR], start.unknown);
  return computed(userspaceEvent(forecast, PCR, WORD, WORD));
}

function hasSetup(tree: TreeNode): boolean {
  return findNode(tree, SETUP) !== undefined;
}

function definitions(tree: TreeNode): readonly string[] {
  return FOLDERS.flatMap((path) => {
    const folder = findNode(tree, path);
    return folder?.kind === 'folder' ? folder.names() : [];
  })
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length));
}
