/** Times cvm against tools that do the same work, in turn, and prints the ratios. */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dir } from 'tmp-promise';
import { WORKSPACE } from '../harness/cli/workspace.ts';
import { compareJob } from './bench/compare-pair.ts';
import { appendHistory, historyLine, thisOccasion } from './bench/history.ts';
import type { Job, Result } from './bench/job.ts';
import { EVENT_LOG } from './bench/jobs/event-log.ts';
import { LAUNCH_DIGEST } from './bench/jobs/launch-digest.ts';
import { PCR11_JOBS } from './bench/jobs/pcr11.ts';
import { PREDICTION } from './bench/jobs/prediction.ts';
import { VERITY_JOBS } from './bench/jobs/verity.ts';
import { renderResults } from './bench/render.ts';

const JOBS: readonly Job[] = [...PCR11_JOBS, EVENT_LOG, PREDICTION, ...VERITY_JOBS, LAUNCH_DIGEST];

const HELP = `usage: npm run bench -- [--job NAME]... [--list]

Times cvm against tools of the toolbox that do the same work: whole processes, in turn, inputs made
from a seed. What bubblewrap takes to start is measured with \`true\` and taken off the peer's time.
Prints ratios and adds them to results/bench/history.jsonl. Exits with 1 only where values differ.

  --job NAME  only this job; may be repeated
  --list      names of the jobs
`;

const WRONG = 1;
const BAD_USAGE = 2;
const INTERRUPTED = 130;

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt.abort());

process.exitCode = await main();

async function main(): Promise<number> {
  const flags = readFlags();
  if (typeof flags === 'string') {
    process.stderr.write(`bench: ${flags}\n`);
    return BAD_USAGE;
  }
  const { help, list, job: names = [] } = flags;
  if (help || list) {
    process.stdout.write(help ? HELP : JOBS.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  const unknown = names.find((name) => JOBS.every((job) => job.name !== name));
  if (unknown !== undefined) {
    process.stderr.write(`bench: no job ${unknown}; --list lists them\n`);
    return BAD_USAGE;
  }
  return bench(JOBS.filter(({ name }) => names.length === 0 || names.includes(name)));
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
  const occasion = thisOccasion();
  const results: Result[] = [];
  for (const job of jobs) {
    process.stderr.write(`bench: ${job.name}: ${job.ours}, ${job.peer} …\n`);
    const result = await resultOf(job);
    if (result === undefined) return INTERRUPTED;
    results.push(result);
  }
  const lines = results.map((result) => historyLine(result, occasion));
  await appendHistory(join(WORKSPACE.results, 'bench', 'history.jsonl'), lines);
  process.stdout.write(renderResults(results));
  return results.some(({ outcome }) => outcome.kind === 'wrong') ? WRONG : 0;
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
