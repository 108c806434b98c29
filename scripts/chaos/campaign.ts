import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { chooseDisturbance, describeDisturbance, needsRoot } from './disturbance.ts';
import type { ChaosOptions } from './options.ts';
import { runChaos } from './run.ts';

/** What a campaign came to. */
export type ChaosFigures = {
  readonly runs: number;
  readonly skipped: number;
  readonly problems: number;
};

/** What a campaign is made with. */
export type ChaosContext = {
  readonly machine: Machine;
  readonly tools: Tools;
  /** Hears of every run as it ends. */
  readonly say: (text: string) => void;
  /** Ends the campaign after the run that is under way. */
  readonly signal?: AbortSignal | undefined;
};

/** Makes runs one after the other, each with a disturbance that its number and the seed decide. */
export async function chaosCampaign(
  { runs, seed, only }: ChaosOptions,
  context: ChaosContext,
): Promise<ChaosFigures> {
  const figures = { runs: 0, skipped: 0, problems: 0 };
  const numbers =
    only === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [only];
  for (const number of numbers) {
    if (context.signal?.aborted === true) break;
    const problems = await oneRun(number, seed, context);
    if (problems === undefined) figures.skipped += 1;
    else figures.runs += 1;
    figures.problems += problems ?? 0;
  }
  return figures;
}

/** @returns how many problems there were; `undefined` where the run cannot be made here */
async function oneRun(
  number: number,
  seed: number,
  { machine, tools, say }: ChaosContext,
): Promise<number | undefined> {
  const disturbance = chooseDisturbance(seededRandom(`chaos ${seed} ${number}`));
  const what = `run ${number}: ${describeDisturbance(disturbance)}`;
  if (needsRoot(disturbance) && process.getuid?.() !== 0) {
    say(`${what}: skipped, as root alone may mount a disk`);
    return undefined;
  }
  const { seconds, end, problems } = await runChaos(disturbance, machine, tools);
  say(`${what}: ${end.trim().replaceAll('\n', ' ')} (${seconds.toFixed(1)} s)`);
  for (const problem of problems) say(`  PROBLEM ${problem}`);
  if (problems.length > 0) say(`  again: npm run chaos -- --seed ${seed} --only ${number}`);
  return problems.length;
}
