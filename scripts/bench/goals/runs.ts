import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WORKSPACE } from '../../../harness/cli/workspace.ts';
import { EnvironmentError } from '../../../harness/host/errors.ts';
import { Result } from '../../../harness/report/result.ts';
import type { Goal } from '../goal.ts';

/** What runs took that were made before: to make one for its time alone would take too long. */
export const RUN_GOALS: readonly Goal[] = [
  {
    name: 'whole-run',
    what: 'the newest whole run of results/',
    unit: 's',
    atMost: 600,
    measure: () => newest('npm run conformance', ({ run }) => isWhole(run)),
  },
  {
    name: 'quick-run',
    what: 'the newest quick run of results/',
    unit: 's',
    atMost: 90,
    measure: () =>
      newest('npm run conformance -- --quick', ({ run }) => run.quick === true && !run.shard),
  },
];

/** Of all requirements, of which the command names none. */
function isWhole({ quick, shard, command }: Result['run']): boolean {
  return quick !== true && shard === undefined && !/--(?:suite|requirement|image)\b/.test(command);
}

async function newest(
  command: string,
  counts: (result: Result) => boolean,
): Promise<readonly number[]> {
  const names = await readdir(WORKSPACE.results).catch(() => []);
  for (const name of names
    .filter((one) => /^\d{8}T/.test(one))
    .toSorted()
    .toReversed()) {
    const result = await resultOf(join(WORKSPACE.results, name));
    if (result !== undefined && counts(result)) return [result.run.seconds];
  }
  throw new EnvironmentError({ missing: 'results/ has no such run', remedy: `run ${command}` });
}

/** A run that was interrupted has no result. */
async function resultOf(run: string): Promise<Result | undefined> {
  try {
    return Result.parse(JSON.parse(await readFile(join(run, 'result.json'), 'utf8')));
  } catch {
    return undefined;
  }
}
