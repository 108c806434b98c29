/** The part of scripts/run that runs once Node.js is there: the steps, one after the other. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

type Step = { readonly what: string; readonly command: readonly [string, ...string[]] };

const STEPS: Readonly<Record<string, readonly Step[]>> = {
  lint: [
    { what: 'lint: style', command: ['biome', 'check'] },
    { what: 'lint: rooms', command: ['node', 'scripts/lint-rooms.ts'] },
    { what: 'lint: requirements', command: ['node', 'scripts/lint-requirements.ts'] },
    { what: 'lint: docstrings', command: ['node', 'scripts/lint-docstrings.ts'] },
    { what: 'lint: unused code', command: ['knip'] },
  ],
  types: [{ what: 'types', command: ['tsc', '--project', '.'] }],
  unit: [{ what: 'unit tests', command: ['vitest', 'run', '--project', 'unit'] }],
  vm: [{ what: 'VM tests', command: ['vitest', 'run', '--project', 'vm'] }],
  schema: [{ what: 'JSON Schema', command: ['node', 'scripts/write-schema.ts'] }],
  catalogue: [{ what: 'catalogue', command: ['node', 'scripts/write-catalogue.ts'] }],
  licences: [{ what: 'licences', command: ['node', 'scripts/licences.ts'] }],
  reference: [{ what: 'reference', command: ['node', 'scripts/write-reference.ts'] }],
  bench: [{ what: 'benchmarks', command: ['node', 'scripts/bench.ts'] }],
  fuzz: [{ what: 'fuzzing', command: ['node', 'scripts/fuzz.ts'] }],
  chaos: [{ what: 'chaos', command: ['node', 'scripts/chaos.ts'] }],
  mutation: [{ what: 'mutation', command: ['node', 'scripts/mutation.ts'] }],
  sabotage: [{ what: 'sabotage', command: ['node', 'scripts/sabotage.ts'] }],
};

/** Steps that take arguments of their own. */
const WITH_ARGUMENTS = ['bench', 'fuzz', 'chaos', 'mutation', 'sabotage'];

const TEST = ['lint', 'types', 'unit', 'vm'];

/** A VM takes a few seconds to end; its reaper ends it where the step is killed. */
const GRACE_MS = 30_000;

const INTERRUPTED = 130;
const root = join(import.meta.dirname, '..');
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => interrupt.abort());

const USAGE = `usage: scripts/run [${[...Object.keys(STEPS), 'test'].join('|')}]
options of their own: ${WITH_ARGUMENTS.join(', ')}; see --help of each`;

const [name = 'test', ...others] = process.argv.slice(2);
const steps = name === 'test' ? TEST.flatMap((one) => STEPS[one] ?? []) : STEPS[name];
if (['-h', '--help'].includes(name)) {
  process.stdout.write(`${USAGE}\n`);
} else if (steps === undefined || (others.length > 0 && !WITH_ARGUMENTS.includes(name))) {
  say(USAGE.replaceAll('\n', ' '));
  process.exitCode = 2;
} else {
  process.exitCode = await runAll(steps);
}

/** @returns exit code of the first step that fails; 0 where none does */
async function runAll(all: readonly Step[]): Promise<number> {
  const startedAt = performance.now();
  for (const step of all) {
    const exitCode = await run(step);
    if (interrupt.signal.aborted) return INTERRUPTED;
    if (exitCode !== 0) return exitCode;
  }
  say(`${name}: done after ${secondsSince(startedAt)} s`);
  return 0;
}

async function run({ what, command }: Step): Promise<number> {
  say(`${what} …`);
  const startedAt = performance.now();
  const [program, ...programArguments] = tied([...command, ...others]);
  const { exitCode = 1 } = await execa(program, programArguments, {
    cwd: root,
    preferLocal: true,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
    cancelSignal: interrupt.signal,
    forceKillAfterDelay: GRACE_MS,
  });
  say(`${what}: ${endOf(exitCode)} after ${secondsSince(startedAt)} s`);
  return exitCode;
}

function endOf(exitCode: number): string {
  if (interrupt.signal.aborted) return 'interrupted';
  return exitCode === 0 ? 'done' : `failed with exit code ${exitCode}`;
}

/** A command that ends when this process is killed. */
function tied(command: Step['command']): Step['command'] {
  const setpriv = '/usr/bin/setpriv';
  return existsSync(setpriv) ? [setpriv, '--pdeathsig', 'TERM', '--', ...command] : command;
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1000).toFixed(1);
}

function say(text: string): void {
  process.stderr.write(`run: ${text}\n`);
}
