import { glob } from 'node:fs/promises';

/**
 * The TypeScript files in folders of the repository, tracked by git or not yet.
 *
 * @param root absolute path of the repository
 * @param folders relative to it
 * @returns paths relative to it, sorted
 */
export async function sourceFiles(
  root: string,
  folders: readonly string[],
): Promise<readonly string[]> {
  const patterns = folders.map((folder) => `${folder}/**/*.ts`);
  return (await Array.fromAsync(glob(patterns, { cwd: root }))).sort();
}
