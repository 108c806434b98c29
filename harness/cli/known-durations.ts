import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/** As much of a result as tells how long boots took. */
const Timed = z.object({
  run: z.object({ shard: z.unknown().optional() }),
  boots: z.array(z.object({ name: z.string(), seconds: z.number(), state: z.string() })),
});

/** Runs before these tell of older times. */
const LOOKED_AT = 10;

/**
 * How long each machine took to boot in the runs that are there, in seconds. Shards do not count: while
 * one of them runs, the next must see what it saw.
 *
 * @param results directory of the runs
 */
export async function knownDurations(results: string): Promise<Readonly<Record<string, number>>> {
  const names = await readdir(results).catch(() => []);
  const runs = names.filter((name) => /^\d{8}T/.test(name)).sort();
  const seconds: Record<string, number> = {};
  // The newest last, so that it counts.
  for (const run of runs.slice(-LOOKED_AT)) {
    for (const boot of (await timed(join(results, run, 'result.json')))?.boots ?? []) {
      if (boot.state === 'pass') seconds[boot.name] = boot.seconds;
    }
  }
  return seconds;
}

/** A run that has no result, or none that we can read, tells nothing. */
async function timed(file: string): Promise<z.infer<typeof Timed> | undefined> {
  try {
    const result = Timed.parse(JSON.parse(await readFile(file, 'utf8')));
    return result.run.shard === undefined ? result : undefined;
  } catch {
    return undefined;
  }
}
