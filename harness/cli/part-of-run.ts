import { InvalidArgumentError } from 'commander';
import { isQuick } from '../../suites/quick.ts';
import { type ListedTest, planShards, type Shard } from '../../suites/shard.ts';
import type { Result } from '../report/result.ts';

/** Flags that ask for a part of the tests. */
export type PartFlags = { readonly shard?: Shard; readonly quick?: true };

/** What the result says of the part that it is of. */
type PartRecord = Pick<Result['run'], 'quick' | 'shard'>;

/** The part of the tests that a run is asked for. */
export class PartOfRun {
  readonly #flags: PartFlags;
  readonly #seconds: Readonly<Record<string, number>>;
  #plan: string | undefined;

  /** @param seconds how long machines took to boot, by name, as far as known */
  constructor(flags: PartFlags, seconds: Readonly<Record<string, number>>) {
    this.#flags = flags;
    this.#seconds = seconds;
  }

  /** Chooses tests by their names; `undefined` where the whole is asked for. */
  get choose(): ((tests: readonly ListedTest[]) => readonly string[]) | undefined {
    return isPart(this.#flags) ? (tests) => this.#chosen(tests) : undefined;
  }

  /** What the result says of it, once tests were chosen. */
  get record(): PartRecord {
    const { quick, shard } = this.#flags;
    const plan = this.#plan;
    return {
      ...(quick === true && { quick }),
      ...(shard !== undefined && plan !== undefined && { shard: { ...shard, plan } }),
    };
  }

  #chosen(tests: readonly ListedTest[]): readonly string[] {
    const { quick, shard } = this.#flags;
    const wanted = quick === true ? tests.filter(isQuick) : tests;
    if (shard === undefined) return wanted.map(({ name }) => name);
    const { shards, digest } = planShards(wanted, shard.total, this.#seconds);
    this.#plan = digest;
    return shards[shard.index - 1] ?? [];
  }
}

/** Whether a run that is asked for is a part of the whole. */
export function isPart({ quick, shard }: PartFlags): boolean {
  return quick === true || shard !== undefined;
}

/**
 * Reads `I/N`.
 *
 * @throws InvalidArgumentError where it is no such part
 */
export function parseShard(text: string): Shard {
  const [, index, total] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), total: Number(total) };
  if (shard.index >= 1 && shard.index <= shard.total) return shard;
  throw new InvalidArgumentError('expected I/N, a part and the number of parts, as 1/3');
}

/**
 * Reads a number of VMs.
 *
 * @throws InvalidArgumentError where it is no whole number from 1 up
 */
export function parseJobs(text: string): number {
  const jobs = Number(text);
  if (Number.isInteger(jobs) && jobs >= 1) return jobs;
  throw new InvalidArgumentError('expected a whole number from 1 up');
}
