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
 * @see systemd.unit(5): load path, masks, drop-ins, .wants/, ConditionPathExists=; systemd.exec(5): status 203
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
  if (!isWanted || !canStart(tree, `${home}/${unit}`)) return 'not started';
  const dropIn = FOLDERS.find((folder) => findNode(tree, `${folder}/${unit}.d`) !== undefined);
  if (dropIn !== undefined) return { unknown: `${unit} is changed by ${dropIn}/${unit}.d` };
  return home === VENDOR_FOLDER ? 'started' : { unknown: `${unit} is replaced by that in ${home}` };
}

/** A longer unit is none of systemd's. */
const MAX_UNIT_BYTES = 1 << 16;

/** What stands before the program of a command (systemd.service(5), table of special executable prefixes). */
const PREFIXES = /^[-@:+!|]*/;

/** Whether what a unit starts is there, and the files of its file system are that it asks for. */
function canStart(tree: TreeNode, path: string): boolean {
  const text = textOf(tree, path);
  const programs = valuesOf(text, 'ExecStart').map(
    (command) => command.replace(PREFIXES, '').split(/\s/)[0] ?? '',
  );
  // What else there is, as in /sys, is there when the system runs and not before.
  const asked = valuesOf(text, 'ConditionPathExists').filter((value) => /^!?\/etc\//.test(value));
  return (
    programs.every((program) => !program.startsWith('/') || findNode(tree, program)) &&
    asked.every((value) => {
      const isThere = findNode(tree, value.replace('!', '')) !== undefined;
      return isThere !== value.startsWith('!');
    })
  );
}

function valuesOf(text: string, key: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [, found, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    return found === key && value !== undefined && value !== '' ? [value] : [];
  });
}

/** The text of a unit; empty where it is not read. */
function textOf(tree: TreeNode, path: string): string {
  const node = findNode(tree, path);
  if (node?.kind !== 'file' || 'unread' in node.content) return '';
  const { content } = node;
  if (content.size > MAX_UNIT_BYTES) return '';
  return Buffer.from(content.read(0, content.size)).toString('latin1');
}

/** A unit is masked by a link to /dev/null, or by an empty file. */
function isMasked(tree: TreeNode, path: string): boolean {
  const node = findNodeOrLink(tree, path);
  if (node?.kind === 'link') return node.target === '/dev/null';
  return node?.kind === 'file' && !('unread' in node.content) && node.content.size === 0;
}
