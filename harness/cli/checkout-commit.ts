import { execa } from 'execa';
import { WORKSPACE } from './workspace.ts';

/**
 * Commit of the checkout as it is now. A run asks at its beginning: its code is loaded then, and the checkout
 * may move on beneath it.
 *
 * @returns 40 lower-case hex digits, with `-dirty` where there are changes on top of it; null where the
 *   project is no checkout
 */
export async function checkoutCommit(): Promise<string | null> {
  const options = { cwd: WORKSPACE.root, reject: false } as const;
  const { stdout: head, exitCode } = await execa('git', ['rev-parse', 'HEAD'], options);
  if (exitCode !== 0) return null;
  const { stdout: changes } = await execa('git', ['status', '--porcelain'], options);
  return changes === '' ? head : `${head}-dirty`;
}
