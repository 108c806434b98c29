import { bytesSource } from '../../bytes/source.ts';
import type { TreeNode } from '../file-tree.ts';

/** Files of a made tree by their absolute paths: their text, or what they are otherwise. */
export type MadeTree = Readonly<Record<string, string | TreeNode>>;

/** A tree of files; folders are made as they are needed. */
export function madeTree(files: MadeTree, folder = ''): TreeNode {
  const inside = Object.keys(files).filter((path) => path.startsWith(`${folder}/`));
  const names = [
    ...new Set(inside.map((path) => path.slice(folder.length + 1).split('/')[0] ?? '')),
  ];
  return {
    kind: 'folder',
    names: () => names,
    child: (name) => {
      const path = `${folder}/${name}`;
      const file = files[path];
      if (file === undefined) return names.includes(name) ? madeTree(files, path) : undefined;
      if (typeof file !== 'string') return file;
      return { kind: 'file', content: bytesSource(path, Buffer.from(file)) };
    },
  };
}
