import { execa } from 'execa';
import { toolbox } from '../../harness/cli/workspace.ts';
import { EnvironmentError } from '../../harness/host/errors.ts';
import { type Command, toolCommand } from '../../harness/host/tools.ts';
import type { Job, Outcome, Pair } from './job.ts';
import { compareRuns, median } from './statistic.ts';

/** Counted runs of each command, after one that is not. */
const RUNS = 5;

const MOST_OUTPUT = 64 << 20;

/**
 * Runs a job's commands in turn, whole processes from start to end.
 *
 * @param folder absolute path of an empty folder
 * @param signal ends the running command, and with it the job
 * @throws ExecaError where a command fails, or the signal ends it
 */
export async function compareJob(job: Job, folder: string, signal: AbortSignal): Promise<Outcome> {
  try {
    const pair = await job.prepare(folder);
    return await comparePair(pair, signal);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { kind: 'not counted', why: error.message };
  }
}

async function comparePair({ ours, peer, agree }: Pair, signal: AbortSignal): Promise<Outcome> {
  const first = { ours: await run(ours, signal), peer: await run(peer, signal) };
  const agreement = await agree(first.ours.output, first.peer.output);
  if (agreement !== true) return { kind: 'wrong', why: agreement };
  const wrapperMs = await timeOfWrapper(signal);
  const samples = { ours: [] as number[], peer: [] as number[] };
  for (let count = 0; count < RUNS; count++) {
    samples.ours.push((await run(ours, signal)).ms);
    samples.peer.push((await run(peer, signal)).ms);
  }
  return { kind: 'compared', comparison: compareRuns(samples.ours, samples.peer, wrapperMs) };
}

/** What it takes to start a peer in the toolbox is measured with a program that does nothing. */
async function timeOfWrapper(signal: AbortSignal): Promise<number> {
  const nothing = toolCommand(toolbox(), 'true', []);
  const samples: number[] = [];
  for (let count = 0; count < RUNS; count++) samples.push((await run(nothing, signal)).ms);
  return median(samples);
}

async function run({ argv, environment, directory }: Command, signal: AbortSignal) {
  const [program, ...words] = argv;
  const startedAt = performance.now();
  const { stdout } = await execa(program, words, {
    env: environment,
    ...(directory !== undefined && { cwd: directory }),
    stdin: 'ignore',
    maxBuffer: MOST_OUTPUT,
    cancelSignal: signal,
  });
  return { output: stdout, ms: performance.now() - startedAt };
}
