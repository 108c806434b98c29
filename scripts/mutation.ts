/** Mutation testing: judges and readers are changed in small ways, and tests have to notice. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { execa } from 'execa';
import { seededRandom } from '../harness/bytes/seeded-random.ts';
import { tellLostOutput } from '../harness/cli/lost-output.ts';
import { INTERRUPTED_EXIT_CODE, Interrupt } from '../harness/host/interrupt.ts';
import { type MutationOptions, readOptions } from './mutation/options.ts';
import { percent, type Score, scoreOf } from './mutation/score.ts';
import { sourceFiles } from './source-files.ts';

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(ROOT, 'results', 'mutation');
const ROOMS = /^harness\/(?:judge|measure|formats|tpm|sev|verity)\/(?!.*testing\/)[^.]+\.ts$/;

/** What Stryker is told of every source. */
const USUAL = {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner'],
  vitest: { configFile: 'scripts/mutation/vitest.config.ts', related: true },
  // It would change paths in tsconfig.json with an API that TypeScript 7 does not have.
  tsconfigFile: 'none',
  coverageAnalysis: 'perTest',
  allowEmpty: true,
  concurrency: 1,
  ignorePatterns: ['.cache', 'results', 'vm-images'],
  tempDirName: '.cache/stryker',
  reporters: ['json'],
  allowConsoleColors: false,
};

const sources = (await sourceFiles(ROOT, ['harness'])).filter((file) => ROOMS.test(file));

tellLostOutput('mutation');

try {
  const options = readOptions(sources, process.argv.slice(2));
  if (options.list) process.stdout.write(`${sources.join('\n')}\n`);
  else process.exitCode = await mutateAll(options);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

async function mutateAll({ file, seconds, seed }: MutationOptions): Promise<number> {
  using interrupt = new Interrupt();
  const startedAt = performance.now();
  const chosen = file ?? shuffled(sources, seed);
  const scores: Score[] = [];
  await mkdir(RESULTS, { recursive: true });
  for (const source of chosen) {
    if ((performance.now() - startedAt) / 1000 >= seconds) break;
    const score = await mutate(source, interrupt.signal);
    if (interrupt.signal.aborted) return INTERRUPTED_EXIT_CODE;
    if (score === undefined) return 4;
    scores.push(score);
    say(`${source}: ${score.noticed} of ${score.mutants}, ${percent(score)}`);
    for (const survivor of score.survivors) say(`  unnoticed: ${survivor}`);
  }
  const sum = (what: 'mutants' | 'noticed') => scores.reduce((all, one) => all + one[what], 0);
  const total = { mutants: sum('mutants'), noticed: sum('noticed') };
  say(
    `${scores.length} of ${chosen.length} sources: ${total.noticed} of ${total.mutants}, ${percent(total)}`,
  );
  return 0;
}

/** @returns `undefined` where the tool failed, which it has told */
async function mutate(source: string, signal: AbortSignal): Promise<Score | undefined> {
  const name = source.replaceAll('/', '-').replace(/\.ts$/, '');
  const report = join(RESULTS, `${name}.json`);
  const config = join(RESULTS, `${name}.config.json`);
  const settings = { ...USUAL, mutate: [source], jsonReporter: { fileName: report } };
  await writeFile(config, JSON.stringify(settings));
  const { exitCode, stdout } = await execa('stryker', ['run', config], {
    cwd: ROOT,
    preferLocal: true,
    stdin: 'ignore',
    stderr: 'inherit',
    reject: false,
    cancelSignal: signal,
  });
  if (exitCode === 0) return scoreOf(await readFile(report, 'utf8'));
  if (!signal.aborted) process.stderr.write(`${stdout}\n`);
  return undefined;
}

/** A sample that one seed gives again. */
function shuffled(files: readonly string[], seed: number): readonly string[] {
  const random = seededRandom(`mutation ${seed}`);
  return files
    .map((file) => ({ file, rank: random.below(files.length * files.length) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ file }) => file);
}

function say(text: string): void {
  process.stdout.write(`mutation: ${text}\n`);
}
