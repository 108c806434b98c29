import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { cameInTime, poll } from '../../harness/host/deadline.ts';
import type { Tools } from '../../harness/host/tools.ts';
import type { Machine } from '../../harness/machine/machine.ts';
import { type Disturbance, msUntil, PLACES } from './disturbance.ts';
import type { HarnessInput } from './harness.ts';
import { damageOf, processesOf, tracesOf } from './traces.ts';

const PROGRAM = join(import.meta.dirname, 'harness.ts');

/** A harness that has not ended by then never will. */
const END_MS = 90_000;

/** How long the reaper of a killed harness may take. */
const REAPED_MS = 15_000;
const POLL_MS = 10;

/** Characters of what it said that are told again. */
const MOST_SAID = 300;

/** How a harness may end: see `harness/cli/exit-code.ts`. */
const GOOD_ENDS: readonly (number | undefined)[] = [0, 1, 3, 4, 130];

/** What a run came to. */
export type ChaosRun = {
  readonly seconds: number;
  /** How long the harness lived. */
  readonly lifeMs: number;
  /** Whether what was to happen to it happened while it lived. */
  readonly hit: boolean;
  /** What the harness ended with: an exit code, or the name of a signal. */
  readonly end: string;
  /** The last that it said. */
  readonly said: string;
  /** What is left, damaged or out of order; a line each. */
  readonly problems: readonly string[];
};

type Harness = ReturnType<typeof start>;

/** What a harness is given in each run of a campaign. */
export type ChaosSetting = {
  readonly machine: Machine;
  readonly tools: Tools;
  /** How long a harness lives here that nobody disturbs. */
  readonly lifeMs: number;
};

/** Starts a harness in a directory of its own, disturbs it, and looks for what it has left. */
export async function runChaos(
  disturbance: Disturbance,
  { machine, tools, lifeMs: usualLifeMs }: ChaosSetting,
): Promise<ChaosRun> {
  const startedAt = performance.now();
  const home = await mkdtemp(join(tmpdir(), 'cvm-chaos-'));
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(home, { recursive: true, force: true }));
  for (const place of PLACES) await mkdir(join(home, place), { mode: 0o700 });
  const mounts = await mountDisk(disturbance, home, undo);
  const jump =
    disturbance.kind === 'clock jump'
      ? { afterMs: msUntil(disturbance.at, usualLifeMs), hours: disturbance.hours }
      : undefined;
  const given = { logs: join(home, 'logs'), cache: join(home, 'cache') };
  const bornAt = performance.now();
  const harness = start({ machine, tools, ...given, jump }, join(home, 'run'), disturbance);
  const hit = await kill(disturbance, harness, home, usualLifeMs);
  const isOver = await cameInTime(
    { name: 'end of the harness', deadlineMs: END_MS },
    () => harness,
  );
  if (!isOver) harness.kill('SIGKILL');
  const { exitCode, signal, stderr } = await harness;
  const lifeMs = performance.now() - bornAt;
  const problems = [
    ...(isOver ? [] : [`the harness did not end within ${END_MS / 1000} s`]),
    ...endProblems(disturbance, { exitCode, signal, stderr }),
    ...(await leftOf(home, mounts)),
    ...(await damageOf(home)),
  ];
  const end = signal ?? `exit code ${exitCode}`;
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, lifeMs, hit, end, said: stderr.slice(-MOST_SAID), problems };
}

function start(input: HarnessInput, temporary: string, disturbance: Disturbance) {
  const node = [process.execPath, PROGRAM, JSON.stringify(input)];
  const limits = disturbance.kind === 'few files' ? [`--nofile=${disturbance.files}`] : [];
  const [program = '', ...args] = limits.length > 0 ? ['prlimit', ...limits, ...node] : node;
  const environment = { TMPDIR: temporary, NODE_OPTIONS: undefined };
  // A group of its own: Ctrl-C ends the campaign after this run, and is none of what happens in it.
  return execa(program, args, {
    reject: false,
    stdin: 'ignore',
    env: environment,
    detached: true,
    cleanup: false,
  });
}

/** @returns how many file systems were mounted; `undo` unmounts them */
async function mountDisk(
  disturbance: Disturbance,
  home: string,
  undo: AsyncDisposableStack,
): Promise<number> {
  if (disturbance.kind !== 'full disk' && disturbance.kind !== 'read-only') return 0;
  const place = join(home, disturbance.place);
  const size = disturbance.kind === 'full disk' ? `size=${disturbance.kib}k` : 'ro';
  await execa('mount', ['-t', 'tmpfs', '-o', `${size},mode=0700`, 'cvm-chaos', place]);
  undo.defer(async () => void (await execa('umount', [place])));
  if (disturbance.kind === 'full disk') await chmod(place, 0o700);
  return 1;
}

/**
 * Kills the victim at its moment, or as soon as it is there.
 *
 * @returns whether there was one to kill
 */
async function kill(
  disturbance: Disturbance,
  harness: Harness,
  home: string,
  lifeMs: number,
): Promise<boolean> {
  if (disturbance.kind !== 'kill') return true;
  const { victim, signal, at } = disturbance;
  const over = new AbortController();
  void harness.then(() => over.abort());
  const pidOf = () =>
    victim === 'harness'
      ? harness.pid
      : processesOf(home).find(({ program }) => program === victim)?.pid;
  try {
    // Not a deadline, which a busy host puts off: what is to be hit is over by then.
    await delay(msUntil(at, lifeMs), undefined, { signal: over.signal });
    const pid = await poll(pidOf, POLL_MS, over.signal);
    return !over.signal.aborted && process.kill(pid, signal);
  } catch {
    return false; // it has ended by itself
  }
}

type End = {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stderr: string;
};

function endProblems(disturbance: Disturbance, { exitCode, signal, stderr }: End) {
  const problems: string[] = [];
  const isHarmless = disturbance.kind === 'nothing' || disturbance.kind === 'clock jump';
  const isKilled = disturbance.kind === 'kill' && disturbance.victim === 'harness';
  if (isHarmless && exitCode !== 0) problems.push(`ended with ${exitCode ?? signal}`);
  if (signal !== undefined && !(isKilled && signal === disturbance.signal)) {
    problems.push(`died by ${signal}`);
  }
  // With too few open files Node.js itself does not start, and says so in its own way.
  if (disturbance.kind === 'few files') return problems;
  if (signal === undefined && !GOOD_ENDS.includes(exitCode)) problems.push(`exit code ${exitCode}`);
  if (/^ {4}at /m.test(stderr)) problems.push(`a stack trace: ${stderr.slice(0, 600)}`);
  return problems;
}

/** Waits until nothing is left; says what is where that does not come true. */
async function leftOf(home: string, mounts: number): Promise<readonly string[]> {
  const wait = { name: 'end of all that was started', deadlineMs: REAPED_MS };
  const isGone = () => tracesOf(home, mounts).length === 0 || undefined;
  if (await cameInTime(wait, (signal) => poll(isGone, POLL_MS, signal))) return [];
  return tracesOf(home, mounts);
}
