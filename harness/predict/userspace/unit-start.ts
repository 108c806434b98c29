import { findNode, findNodeOrLink, type TreeNode } from '../../formats/file-tree.ts';
import type { KernelParameter } from '../linux/kernel-parameters.ts';

/** Where systemd looks for units; the first that has one counts (systemd.unit(5)). */
const VENDOR_FOLDER = '/usr/lib/systemd/system';
const FOLDERS = ['/etc/systemd/system', '/usr/local/lib/systemd/system', VENDOR_FOLDER];

/** Whether systemd starts a unit, or why that is not known. */
export type UnitStart = 'started' | 'not started' | { readonly unknown: string };

/**
 * Finds out whether systemd starts one of its own units.
 *
 * @param tree the file system with the units
 * @param unit name of the unit
 * @param target what wants the unit
 * @param parameters the kernel's
 * @throws FormatError where a folder is damaged
 * @see systemd.unit(5): load path, masks, drop-ins, .wants/
 */
export function unitStart(
  tree: TreeNode,
  unit: string,
  target: string,
  parameters: readonly KernelParameter[],
): UnitStart {
  if (findNode(tree, VENDOR_FOLDER)?.kind !== 'folder') {
    return { unknown: `there is no ${VENDOR_FOLDER}` };
  }
  const home = FOLDERS.find((folder) => findNodeOrLink(tree, `${folder}/${unit}`) !== undefined);
  if (home === undefined || isMasked(tree, `${home}/${unit}`)) return 'not started';
  if (parameters.some(({ key, value }) => key === 'systemd.mask' && value === unit)) {
    return 'not started';
  }
  const isWanted = FOLDERS.some((folder) =>
    ['wants', 'requires'].some((kind) =>
      findNodeOrLink(tree, `${folder}/${target}.${kind}/${unit}`),
    ),
  );
  if (!isWanted) return 'not started';
  const dropIn = FOLDERS.find((folder) => findNode(tree, `${folder}/${unit}.d`) !== undefined);
  if (dropIn !== undefined) return { unknown: `${unit} is changed by ${dropIn}/${unit}.d` };
  return home === VENDOR_FOLDER ? 'started' : { unknown: `${unit} is replaced by that in ${home}` };
}

/** A unit is masked by a link to /dev/null, or by an empty file. */
function isMasked(tree: TreeNode, path: string): boolean {
  const node = findNodeOrLink(tree, path);
  if (node?.kind === 'link') return node.target === '/dev/null';
  return node?.kind === 'file' && !('unread' in node.content) && node.content.size === 0;
}
