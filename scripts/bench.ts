/** Times cvm against tools that do the same work, in turn, and prints the ratios. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dir } from 'tmp-promise';
import { tellLostOutput } from '../harness/cli/lost-output.ts';
import { WORKSPACE } from '../harness/cli/workspace.ts';
import { compareJob } from './bench/compare-pair.ts';
import type { Goal, GoalResult } from './bench/goal.ts';
import { BOOT_GOALS } from './bench/goals/boot.ts';
import { FLIP_GOALS } from './bench/goals/flips.ts';
import { FORK } from './bench/goals/fork.ts';
import { RUN_GOALS } from './bench/goals/runs.ts';
import { appendHistory, goalLine, historyLine, thisOccasion } from './bench/history.ts';
import type { Job, Result } from './bench/job.ts';
import { EVENT_LOG } from './bench/jobs/event-log.ts';
import { LAUNCH_DIGEST } from './bench/jobs/launch-digest.ts';
import { PCR11_JOBS } from './bench/jobs/pcr11.ts';
import { PREDICTION } from './bench/jobs/prediction.ts';
import { VERITY_JOBS } from './bench/jobs/verity.ts';
import { measureGoal, renderGoals } from './bench/measure-goal.ts';
import { renderResults } from './bench/render.ts';

const JOBS: readonly Job[] = [...PCR11_JOBS, EVENT_LOG, PREDICTION, ...VERITY_JOBS, LAUNCH_DIGEST];

const GOALS: readonly Goal[] = [FORK, ...BOOT_GOALS, ...FLIP_GOALS, ...RUN_GOALS];
const NAMES = [...JOBS, ...GOALS].map(({ name }) => name);

const HELP = `usage: npm run bench -- [--job NAME]... [--list]

Times cvm against tools of the toolbox that do the same work: whole processes, in turn, inputs made
from a seed. What bubblewrap takes to start is measured with \`true\` and taken off the peer's time.
Prints ratios and adds them to results/bench/history.jsonl. Exits with 1 only where values differ.

Then the goals of the project are measured: a fork, what a boot costs the harness itself, and, by the
newest runs of results/, what a flipped bit costs and how long runs take. Figures of a machine that does other work besides are no good: each
is told with the load.

  --job NAME  only this job or goal; may be repeated
  --list      names of the jobs and goals
`;

const HISTORY = join(WORKSPACE.results, 'bench', 'history.jsonl');

const WRONG = 1;
const BAD_USAGE = 2;
const INTERRUPTED = 130;

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt.abort());

tellLostOutput('bench');

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags();
  if (typeof flags === 'string') {
    process.stderr.write(`bench: ${flags}\n`);
    return BAD_USAGE;
  }
  const { help, list, job: names = [] } = flags;
  if (help || list) {
    process.stdout.write(help ? HELP : NAMES.map((name) => `${name}\n`).join(''));
    return 0;
  }
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: no job ${unknown}; --list lists them\n`);
    return BAD_USAGE;
  }
  const isWanted = ({ name }: { readonly name: string }) =>
    names.length === 0 || names.includes(name);
  const wrong = await bench(JOBS.filter(isWanted));
  return wrong === 0 ? await measureGoals(GOALS.filter(isWanted)) : wrong;
}

function readFlags() {
  try {
    return parseArgs({
      options: {
        job: { type: 'string', multiple: true },
        list: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function bench(jobs: readonly Job[]): Promise<number> {
  if (jobs.length === 0) return 0;
  const occasion = thisOccasion();
  const results: Result[] = [];
  for (const job of jobs) {
    process.stderr.write(`bench: ${job.name}: ${job.ours}, ${job.peer} …\n`);
    const result = await resultOf(job);
    if (result === undefined) return INTERRUPTED;
    results.push(result);
  }
  const lines = results.map((result) => historyLine(result, occasion));
  await appendHistory(HISTORY, lines);
  process.stdout.write(renderResults(results));
  return results.some(({ outcome }) => outcome.kind === 'wrong') ? WRONG : 0;
}

/** A goal that is missed is told, and no failure. */
async function measureGoals(goals: readonly Goal[]): Promise<number> {
  const occasion = thisOccasion();
  for (const goal of goals) {
    process.stderr.write(`bench: ${goal.what} …\n`);
    const result = await goalOf(goal);
    if (result === undefined) return INTERRUPTED;
    await appendHistory(HISTORY, [goalLine(result, occasion)]);
    process.stdout.write(renderGoals([result]));
  }
  return 0;
}

/** @returns nothing where it was interrupted */
async function goalOf(goal: Goal): Promise<GoalResult | undefined> {
  try {
    return await measureGoal(goal, interrupt.signal);
  } catch (error) {
    if (interrupt.signal.aborted) return undefined;
    throw error;
  }
}

/** @returns nothing where the run was interrupted */
async function resultOf(job: Job): Promise<Result | undefined> {
  const folder = await dir({ prefix: 'cvm-bench-', unsafeCleanup: true });
  try {
    return { job, outcome: await compareJob(job, folder.path, interrupt.signal) };
  } catch (error) {
    if (interrupt.signal.aborted) return undefined;
    throw error;
  } finally {
    await folder.cleanup();
  }
}
