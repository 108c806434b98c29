/** Fuzzing: readers of formats get inputs that are broken. */
import { existsSync, readFileSync, writeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CommanderError } from 'commander';
import { tellLostOutput } from '../harness/cli/lost-output.ts';
import { INTERRUPTED_EXIT_CODE, Interrupt } from '../harness/host/interrupt.ts';
import { FIXTURES } from './fuzz/corpus.ts';
import { type FuzzOptions, readOptions } from './fuzz/options.ts';
import { saveFinding } from './fuzz/save-finding.ts';
import { TARGETS } from './fuzz/targets.ts';
import { attack, type Figures, StuckThread } from './fuzz/watch.ts';

const root = join(import.meta.dirname, '..');
const readers = TARGETS.map(({ name }) => name);

tellLostOutput('fuzz');

try {
  const options = readOptions(readers, process.argv.slice(2));
  if (options.list) process.stdout.write(`${readers.join('\n')}\n`);
  else process.exitCode = await fuzz(options);
} catch (error) {
  if (error instanceof StuckThread) endAtOnce(error);
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : 2;
}

/** An end in good order would wait for the thread. */
function endAtOnce({ message }: StuckThread): never {
  writeSync(process.stdout.fd, `fuzz: ${message}: the run ends here\n`);
  process.kill(process.pid, 'SIGKILL');
  throw new TypeError('not reached');
}

async function fuzz(options: FuzzOptions): Promise<number> {
  const input = options.input === undefined ? undefined : readInput(options.input);
  if (input === null) return 2;
  if (input === undefined) announce(options);
  using interrupt = new Interrupt();
  const all: Figures[] = [];
  for (const reader of options.readers) {
    if (interrupt.signal.aborted) break;
    const figures = await attack({
      worker: new URL('./fuzz/worker.ts', import.meta.url),
      reader,
      seed: options.seed,
      runs: input === undefined ? options.runs : 1,
      seconds: options.seconds,
      ...(input === undefined ? {} : { inputs: [input] }),
      signal: interrupt.signal,
      onFinding: (finding) => say(saveFinding(root, finding)),
    });
    all.push(figures);
    say(describe(figures));
  }
  return conclude(all, interrupt.signal.aborted);
}

/** `null` where the file cannot be read, which is told. */
function readInput(path: string): Uint8Array | null {
  try {
    return new Uint8Array(readFileSync(resolve(root, path)));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return null;
  }
}

function announce({ seed }: FuzzOptions): void {
  say(`seed ${seed}`);
  if (existsSync(FIXTURES)) return;
  say(
    'no ../shared/fixtures beside the repository: inputs are made from test data of our own alone',
  );
}

function conclude(all: readonly Figures[], isInterrupted: boolean): number {
  const sum = (figure: 'inputs' | 'findings') => all.reduce((total, one) => total + one[figure], 0);
  const findings = sum('findings');
  say(`${all.length} readers, ${sum('inputs')} inputs, ${findings} findings`);
  if (findings > 0) return 1;
  return isInterrupted ? INTERRUPTED_EXIT_CODE : 0;
}

function describe({ reader, inputs, seconds, behaviours, findings }: Figures): string {
  const rate = Math.round(inputs / Math.max(seconds, 0.001));
  const effort = `${inputs} inputs in ${seconds.toFixed(1)} s (${rate}/s)`;
  return `${reader}: ${effort}, ${behaviours} behaviours, ${findings} findings`;
}

function say(text: string): void {
  process.stdout.write(`fuzz: ${text}\n`);
}
