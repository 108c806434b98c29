import { cp, readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { makeDirectoryAside } from '../host/directory-aside.ts';
import { UsageError } from '../host/errors.ts';
import { Reaper } from '../host/reaper.ts';
import { mergeShards } from '../report/merge-shards.ts';
import type { Result } from '../report/result.ts';
import { readResult } from './result-file.ts';
import { writeReport } from './write-report.ts';
import { linkLatest, runId, writeResult } from './write-result.ts';

/**
 * Joins the folders of all shards of a run into one, with the evidence of each.
 *
 * @param shards their folders
 * @param results directory that gets the folder of the joined run, and `latest`
 * @returns the joined result
 * @throws UsageError where they are not the shards of one run, or one is no folder; FormatError where one
 *   has no result that can be read
 */
export async function mergeResults(shards: readonly string[], results: string): Promise<Result> {
  const parts = await Promise.all(shards.map(readResult));
  const [first] = parts.map(({ run }) => run.startedAt).toSorted();
  const run = join(resolve(results), runId(new Date(first ?? 0)));
  const result = mergeShards(parts, basename(run));
  if (typeof result === 'string') throw new UsageError(`no shards of one run: ${result}`);
  await using reaper = Reaper.start();
  await makeDirectoryAside(run, reaper, async (aside) => {
    for (const shard of shards) await copyEvidence(shard, aside);
    await writeResult(aside, result);
    await writeReport(aside, result);
  });
  await linkLatest(dirname(run), run);
  return result;
}

/** Folders are evidence, files are the result in its forms. What two shards have both made stays the first's. */
async function copyEvidence(shard: string, run: string): Promise<void> {
  const entries = await readdir(shard, { withFileTypes: true }).catch(() => {
    throw new UsageError(`${shard}: not the folder of a run`);
  });
  for (const { name } of entries.filter((entry) => entry.isDirectory())) {
    await cp(join(shard, name), join(run, name), { recursive: true, force: false });
  }
}
