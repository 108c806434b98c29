import type { TreeNode } from '../../formats/file-tree.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';
import { measuringUnitStart } from './measuring-unit.ts';
import { orReason } from './opened-system.ts';

/** What measures a phase: a unit, in the initrd or in the root file system. */
type PhaseUnit = {
  readonly where: 'initrd' | 'root';
  readonly unit: string;
  readonly target: string;
};

const INITRD: PhaseUnit = {
  where: 'initrd',
  unit: 'systemd-pcrphase-initrd.service',
  target: 'initrd.target',
};
const SYSINIT: PhaseUnit = {
  where: 'root',
  unit: 'systemd-pcrphase-sysinit.service',
  target: 'sysinit.target',
};
const READY: PhaseUnit = {
  where: 'root',
  unit: 'systemd-pcrphase.service',
  target: 'sysinit.target',
};

/** systemd units/systemd-pcrphase*.service.in. */
const UNITS: ReadonlyMap<string, PhaseUnit> = new Map([
  ['enter-initrd', INITRD],
  ['leave-initrd', INITRD],
  ['sysinit', SYSINIT],
  ['final', SYSINIT],
  ['ready', READY],
  ['shutdown', READY],
]);

/**
 * The phases that a system measures of those that it goes through: distributions leave the units that
 * measure them to packages that an image need not have. A phase is left out only where its unit is sure
 * not to measure.
 *
 * @param words phases, in order
 * @param trees the file systems with the units; absent where they are not known
 * @param parameters the kernel's
 */
export function measuredPhases(
  words: readonly string[],
  trees: { readonly initrd: TreeNode | undefined; readonly root: TreeNode | undefined },
  parameters: readonly KernelParameter[],
): readonly string[] {
  return words.filter((word) => {
    const phase = UNITS.get(word);
    const tree = phase && trees[phase.where];
    if (phase === undefined || tree === undefined) return true;
    const found = orReason(() => ({
      start: measuringUnitStart(tree, phase.unit, phase.target, parameters),
    }));
    return !('start' in found && found.start === 'not started');
  });
}
