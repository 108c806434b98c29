import { seededRandom } from '../../harness/bytes/seeded-random.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import {
  chooseDisturbance,
  describeDisturbance,
  kindOfDisturbance,
  needsRoot,
} from './disturbance.ts';
import type { ChaosOptions } from './options.ts';
import { type ChaosSetting, runChaos } from './run.ts';

/** What a campaign came to. */
export type ChaosFigures = {
  readonly runs: number;
  readonly skipped: number;
  readonly problems: number;
  /** How harnesses ended that were disturbed in the same way; a line each. */
  readonly ends: readonly string[];
};

/** A run that was made. */
type EndedRun = {
  readonly kind: string;
  readonly end: string;
  readonly lifeMs: number;
  readonly problems: number;
};

/** What a victim comes to that had ended before its moment came. */
const TOO_LATE = 'too late';

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
  const ended: EndedRun[] = [];
  let skipped = 0;
  let { lifeMs } = await runChaos({ kind: 'nothing' }, { ...context, lifeMs: 0 });
  const numbers =
    only === undefined ? Array.from({ length: runs }, (_, index) => index + 1) : [only];
  for (const number of numbers) {
    if (context.signal?.aborted === true) break;
    const run = await oneRun(number, seed, { ...context, lifeMs });
    if (run === undefined) skipped += 1;
    else ended.push(run);
    // The host may have more to do by now, or less.
    if (run?.kind === 'nothing') ({ lifeMs } = run);
  }
  const problems = ended.reduce((all, run) => all + run.problems, 0);
  return { runs: ended.length, skipped, problems, ends: endsOf(ended) };
}

function endsOf(runs: readonly EndedRun[]): readonly string[] {
  return [...Map.groupBy(runs, ({ kind }) => kind)]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, alike]) => {
      const ends = [...Map.groupBy(alike, ({ end }) => end)].map(
        ([end, same]) => `${end} (${same.length})`,
      );
      return `${alike.length} × ${kind}: ${ends.toSorted().join(', ')}`;
    });
}

/** @returns `undefined` where the run cannot be made here */
async function oneRun(
  number: number,
  seed: number,
  { say, ...setting }: ChaosContext & ChaosSetting,
): Promise<EndedRun | undefined> {
  const disturbance = chooseDisturbance(seededRandom(`chaos ${seed} ${number}`));
  const what = `run ${number}: ${describeDisturbance(disturbance)}`;
  if (needsRoot(disturbance) && process.getuid?.() !== 0) {
    say(`${what}: skipped, as root alone may mount a disk`);
    return undefined;
  }
  const { seconds, lifeMs, hit, end, said, problems } = await runChaos(disturbance, setting);
  const words = said === '' ? '' : `: ${said.trim().replaceAll('\n', ' ')}`;
  say(`${what}: ${hit ? '' : `${TOO_LATE}, `}${end}${words} (${seconds.toFixed(1)} s)`);
  for (const problem of problems) say(`  PROBLEM ${problem}`);
  if (problems.length > 0) say(`  again: npm run chaos -- --seed ${seed} --only ${number}`);
  const kind = kindOfDisturbance(disturbance);
  return { kind, end: hit ? end : TOO_LATE, lifeMs, problems: problems.length };
}
