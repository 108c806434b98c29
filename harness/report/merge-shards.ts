import { claimOf } from './claim.ts';
import type { JudgedRequirement, Result } from './result.ts';
import { stateOf } from './state-of.ts';
import { summarise } from './summary.ts';
import { joinTables, type ResultTable } from './table.ts';

/** A result of a shard: it says which. */
type ShardResult = Result & {
  readonly run: { readonly shard: NonNullable<Result['run']['shard']> };
};

/**
 * Joins the results of all shards of a run. Each requirement's state is made from what all of them found;
 * images that are built anew for each shard are all listed.
 *
 * @param id of the joined run
 * @returns the result of the whole, or in a few words why these are not the shards of one run
 */
export function mergeShards(results: readonly Result[], id: string): Result | string {
  const shards = results.filter(isShard);
  if (shards.length < results.length || !isSome(shards)) {
    const whole = results.find((result) => !isShard(result));
    return whole === undefined ? 'there is no run' : `run ${whole.run.id} is no shard`;
  }
  const interrupted = shards.find(({ run }) => run.interrupted === true);
  if (interrupted !== undefined) return `run ${interrupted.run.id} was interrupted`;
  return incompleteness(shards) ?? difference(shards) ?? merged(shards, id);
}

type Some<T> = readonly [T, ...T[]];

function isShard(result: Result): result is ShardResult {
  return result.run.shard !== undefined;
}

function isSome<T>(values: readonly T[]): values is Some<T> {
  return values.length > 0;
}

/** Which part is missing, or is there twice. */
function incompleteness(shards: Some<ShardResult>): string | undefined {
  const { total } = shards[0].run.shard;
  for (let index = 1; index <= total; index++) {
    const runs = shards.filter(({ run }) => run.shard.index === index).map(({ run }) => run.id);
    if (runs.length === 0) return `part ${index} of ${total} is missing`;
    if (runs.length > 1) return `part ${index} of ${total} is there twice: ${runs.join(', ')}`;
  }
  return undefined;
}

/** What shards of one run have in common, by what it is called where they have not. */
const COMMON: Readonly<Record<string, (result: ShardResult) => unknown>> = {
  'the number of parts': ({ run }) => run.shard.total,
  'what each part runs (the known durations, or the suites, were others)': ({ run }) =>
    run.shard.plan,
  'the profile': ({ run }) => run.profile,
  'the seed': ({ run }) => run.seed,
  'the selection': ({ run }) => run.quick,
  'the commit of the suites': ({ suite }) => suite,
  'the accelerator': ({ accelerator }) => accelerator.name,
  'the tools': ({ environment }) => Object.entries(environment.tools).toSorted(),
  'the firmware': ({ environment }) => environment.firmware,
};

function difference(shards: Some<ShardResult>): string | undefined {
  const [first, ...others] = shards;
  for (const [what, read] of Object.entries(COMMON)) {
    const expected = JSON.stringify(read(first));
    const other = others.find((shard) => JSON.stringify(read(shard)) !== expected);
    if (other !== undefined) return `${what} differs between ${first.run.id} and ${other.run.id}`;
  }
  return undefined;
}

function merged(shards: Some<ShardResult>, id: string): Result {
  const [first] = shards;
  const { shard: _, ...run } = first.run;
  const startedAt = shards.map((one) => one.run.startedAt).toSorted()[0] ?? run.startedAt;
  const finishedAt =
    shards
      .map((one) => one.run.finishedAt)
      .toSorted()
      .at(-1) ?? run.finishedAt;
  const requirements = first.requirements.map((one) => joined(one, shards));
  const tables = joinTables(shards.flatMap((one) => [...(one.tables ?? [])] as ResultTable[]));
  const result = {
    ...first,
    run: {
      ...run,
      id,
      startedAt,
      finishedAt,
      seconds: (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000,
      command: run.command.replace(/ --shard[ =]\S+/, ''),
    },
    environment: { ...first.environment, images: imagesOf(shards) },
    boots: shards.flatMap(({ boots }) => boots),
    requirements,
    ...(tables.length > 0 && { tables }),
    summary: summarise(requirements),
  };
  return { ...result, claim: claimOf(result) };
}

function joined(requirement: JudgedRequirement, shards: Some<ShardResult>): JudgedRequirement {
  const findings = shards.flatMap(({ requirements }) =>
    requirements.filter(({ id }) => id === requirement.id).flatMap((one) => one.findings),
  );
  return { ...requirement, findings, state: stateOf(findings) };
}

function imagesOf(shards: Some<ShardResult>): Result['environment']['images'] {
  const all = shards.flatMap(({ environment }) => environment.images);
  return [...new Map(all.map((image) => [`${image.name} ${image.sha256}`, image])).values()];
}
