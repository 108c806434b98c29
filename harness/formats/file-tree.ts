import type { ByteSource } from '../bytes/source.ts';

/** More links than this on the way to one file are taken for a circle (Linux, MAXSYMLINKS). */
const MAX_LINKS = 40;

/** Links to longer paths are not followed: nothing that is looked for lies so deep. */
const MAX_COMPONENTS = 64;

/** A file, folder or link of a file system. Nothing is read until it is asked for. */
export type TreeNode =
  | {
      readonly kind: 'folder';
      /**
       * @param name one component of a path
       * @throws FormatError where the folder is damaged, or stored in a way that is not read
       */
      readonly child: (name: string) => TreeNode | undefined;
      /** @throws FormatError as `child` */
      readonly names: () => readonly string[];
    }
  | { readonly kind: 'file'; readonly content: FileContent }
  | { readonly kind: 'link'; readonly target: string }
  | { readonly kind: 'other' };

/** The bytes of a file, or why they are not read. */
export type FileContent = ByteSource | { readonly unread: string };

/**
 * Finds what a path leads to. Links are followed, those that lead out of the tree end at its root.
 *
 * @param root the folder that `/` stands for
 * @param path absolute path
 * @returns `undefined` where there is nothing, or links lead in a circle
 * @throws FormatError where a folder on the way is damaged, or stored in a way that is not read
 */
export function findNode(root: TreeNode, path: string): TreeNode | undefined {
  return walk([root], componentsOf(path), { followsLast: true, links: MAX_LINKS });
}

/**
 * Finds what stands at a path: a link is not followed where it is the last component.
 *
 * @throws FormatError as {@link findNode}
 */
export function findNodeOrLink(root: TreeNode, path: string): TreeNode | undefined {
  return walk([root], componentsOf(path), { followsLast: false, links: MAX_LINKS });
}

function componentsOf(path: string): readonly string[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** Folders from the root to where the walk has come, and what is left of the path. */
function walk(
  folders: readonly [TreeNode, ...TreeNode[]],
  [name, ...left]: readonly string[],
  options: { readonly followsLast: boolean; readonly links: number },
): TreeNode | undefined {
  const [root, ...inner] = folders;
  const here = inner.at(-1) ?? root;
  if (name === undefined) return here;
  if (name === '..') return walk([root, ...inner.slice(0, -1)], left, options);
  const next = here.kind === 'folder' ? here.child(name) : undefined;
  if (next?.kind !== 'link') return next && walk([...folders, next], left, options);
  if (left.length === 0 && !options.followsLast) return next;
  if (options.links === 0) return undefined;
  const path = [...componentsOf(next.target), ...left];
  if (path.length > MAX_COMPONENTS) return undefined;
  const from: readonly [TreeNode, ...TreeNode[]] = next.target.startsWith('/') ? [root] : folders;
  return walk(from, path, { ...options, links: options.links - 1 });
}
