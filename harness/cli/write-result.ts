import { randomBytes } from 'node:crypto';
import { rename, rm, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { writeFileAtomically } from '../host/atomic-file.ts';
import { junitXml } from '../report/junit.ts';
import type { Result } from '../report/result.ts';

/** Name of a run's directory: when it began, and a few digits that tell runs of one second apart. */
export function runId(startedAt: Date): string {
  const time = startedAt.toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z');
  return `${time}-${randomBytes(2).toString('hex')}`;
}

/** Writes a run's result in every form. */
export async function writeResult(run: string, result: Result): Promise<void> {
  await writeFileAtomically(join(run, 'result.json'), `${JSON.stringify(result, null, 1)}\n`);
  await writeFileAtomically(join(run, 'junit.xml'), junitXml(result));
}

/** Points `latest` to a run, in one step. */
export async function linkLatest(results: string, run: string): Promise<void> {
  const aside = join(results, `.latest-${basename(run)}`);
  await rm(aside, { force: true });
  await symlink(basename(run), aside);
  await rename(aside, join(results, 'latest'));
}
