import { findNode, type TreeNode } from '../../formats/file-tree.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';
import { type UnitStart, unitStart } from './unit-start.ts';

/** Without it systemd measures nothing, and says so in its log alone. */
const LIBRARY = 'libtss2-esys.so.0';

/** Where the dynamic linker of a distribution looks for libraries of x86-64. */
const LIBRARY_FOLDERS = ['/usr/lib/x86_64-linux-gnu', '/usr/lib64', '/usr/lib', '/usr/local/lib'];

/**
 * Finds out whether systemd starts a unit that measures something, and can talk to the TPM then: with
 * `--graceful`, as its units have it, it goes on without.
 *
 * @param tree the file system with the units
 * @param unit name of the unit
 * @param target what wants the unit
 * @param parameters the kernel's
 * @throws FormatError where a folder is damaged
 * @see systemd src/pcrextend/pcrextend.c (arg_graceful), src/shared/tpm2-util.c (dlopen_tpm2)
 */
export function measuringUnitStart(
  tree: TreeNode,
  unit: string,
  target: string,
  parameters: readonly KernelParameter[],
): UnitStart {
  const start = unitStart(tree, unit, target, parameters);
  return start === 'started' && !canMeasure(tree) ? 'not started' : start;
}

/**
 * Whether a file system has what systemd talks to a TPM with.
 *
 * @throws FormatError where a folder is damaged
 */
export function canMeasure(tree: TreeNode): boolean {
  return LIBRARY_FOLDERS.some((folder) => findNode(tree, `${folder}/${LIBRARY}`) !== undefined);
}
