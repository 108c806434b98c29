import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { WORKSPACE } from '../../../harness/cli/workspace.ts';
import { EnvironmentError } from '../../../harness/host/errors.ts';
import type { Goal } from '../goal.ts';

/** What a run leaves of bits that it flipped: how many, and how long that took. */
const Flips = z.object({
  flips: z.union([z.array(z.unknown()), z.record(z.string(), z.int())]),
  seconds: z.number().positive(),
});

/** 150 flips a second. */
const LIVE_SECONDS = 1 / 150;

/** What one flipped bit costs, by the newest run of results/ that flipped some. */
export const FLIP_GOALS: readonly Goal[] = [
  {
    name: 'flip-by-boot',
    what: 'one flipped bit, by a boot of firmware and UKI from before the disk is read',
    unit: 's',
    atMost: 1,
    measure: () => newest('firmware/flipped-disk/flips.json', 'CVM-DV-016'),
  },
  {
    name: 'flip-by-fork',
    what: 'one flipped bit, by a dm-verity device that a fork sets up anew',
    unit: 's',
    atMost: 1,
    measure: () => newest('forks/CVM-DV-016-uki/flips.json', 'CVM-DV-016'),
  },
  {
    name: 'flip-live',
    what: 'one flipped bit, live: read, undone and read again',
    unit: 's',
    atMost: LIVE_SECONDS,
    measure: () => newest('forks/CVM-DV-001-uki/campaign.json', 'CVM-DV-001'),
  },
];

async function newest(file: string, requirement: string): Promise<readonly number[]> {
  const names = await readdir(WORKSPACE.results).catch(() => []);
  for (const name of names
    .filter((one) => /^\d{8}T/.test(one))
    .toSorted()
    .toReversed()) {
    const text = await readFile(join(WORKSPACE.results, name, file), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const { flips, seconds } = Flips.parse(JSON.parse(text));
    const count = Array.isArray(flips)
      ? flips.length
      : Object.values(flips).reduce((sum, one) => sum + one, 0);
    return [seconds / count];
  }
  const remedy = `run npm run conformance -- --requirement ${requirement}`;
  throw new EnvironmentError({ missing: 'results/ has no run with flips', remedy });
}
