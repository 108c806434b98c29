import { createHash } from 'node:crypto';
import { BOOT_SECONDS } from './admission.ts';

/** A test of the suites, as it is known before it runs. */
export type ListedTest = {
  /** It begins with the id of its requirement. */
  readonly name: string;
  /** The machines whose boots it judges, or that it forks. */
  readonly machines: readonly string[];
};

/** Part I of N of a run. */
export type Shard = {
  /** From 1 to {@link total}. */
  readonly index: number;
  readonly total: number;
};

/** What every shard of a run does. */
export type ShardPlan = {
  /** Names of the tests of each shard, sorted. */
  readonly shards: readonly (readonly string[])[];
  /** SHA-256 of all of it: shards of one run have the same. */
  readonly digest: string;
};

/** A test that boots nothing. */
const TEST_SECONDS = 3;

/** Tests that need the same boots: they stay together, so that none is made twice. */
type Unit = { readonly names: readonly string[]; readonly seconds: number };

/**
 * Parts tests among shards, so that each takes about as long. The same tests and the same times give the
 * same parts, in whatever order they are listed.
 *
 * @param total number of shards
 * @param seconds how long machines took to boot, by name, as far as known
 */
export function planShards(
  tests: readonly ListedTest[],
  total: number,
  seconds: Readonly<Record<string, number>>,
): ShardPlan {
  const loads = Array.from({ length: total }, () => ({ seconds: 0, names: [] as string[] }));
  for (const unit of unitsOf(tests, seconds)) {
    const least = loads.reduce((a, b) => (b.seconds < a.seconds ? b : a));
    least.seconds += unit.seconds;
    least.names.push(...unit.names);
  }
  const shards = loads.map(({ names }) => names.sort());
  const digest = createHash('sha256').update(JSON.stringify(shards)).digest('hex');
  return { shards, digest };
}

/** The longest first; those of one length by their names. */
function unitsOf(
  tests: readonly ListedTest[],
  seconds: Readonly<Record<string, number>>,
): readonly Unit[] {
  const units = groupsOf(tests).map((group) => {
    const machines = new Set(group.flatMap((test) => test.machines));
    const boots = [...machines].reduce((sum, name) => sum + (seconds[name] ?? BOOT_SECONDS), 0);
    const names = group.map(({ name }) => name).sort();
    return { names, seconds: machines.size === 0 ? TEST_SECONDS : boots };
  });
  return units.sort((a, b) => b.seconds - a.seconds || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ names }: Unit): string {
  return names[0] ?? '';
}

/** Tests that share a machine, be it by way of a third one, are one group. */
function groupsOf(tests: readonly ListedTest[]): readonly (readonly ListedTest[])[] {
  let groups: (readonly ListedTest[])[] = [];
  for (const test of tests) {
    const shares = (group: readonly ListedTest[]) =>
      group.some(({ machines }) => machines.some((name) => test.machines.includes(name)));
    groups = [...groups.filter((group) => !shares(group)), [...groups.filter(shares).flat(), test]];
  }
  return groups;
}
