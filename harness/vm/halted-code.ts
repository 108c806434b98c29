import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { threadTimeMs } from '../host/thread-time.ts';
import type { QmpClient } from './qmp.ts';

/** Pause between two looks at the processor. */
const PROBE_MS = 15;

/** In which steps the pause is cut short, and for how much time of the processor. */
const STEP_MS = 1;
const RAN_MS = 1;

/** How often a processor is looked at before it counts as halted. */
const PROBES = 60;

/** How often the same state makes it one of a loop, and how many of the probes are to be such. */
const RECURS = 3;
const SHARE = 0.6;

/** What a processor was seen to be at. */
export type ProcessorState = {
  /** Address of the next instruction. */
  readonly instruction: number;
  /** The general registers, as QEMU shows them. */
  readonly registers: string;
};

/** A processor that goes round in circles. */
export type HaltedCode = {
  readonly kind: 'halted';
  /** Address of an instruction of the loop. */
  readonly instruction: number;
};

const Processors = z.tuple([z.object({ 'thread-id': z.int() })], z.unknown());

/**
 * Waits until the only processor of a VM does nothing but go round in circles, while the VM shows no
 * other sign of life.
 *
 * @param activity a number that grows with each such sign
 * @param signal ends the wait, which then throws
 */
export async function haltedCode(
  qmp: Pick<QmpClient, 'execute'>,
  activity: () => number,
  signal: AbortSignal,
): Promise<HaltedCode> {
  const thread = await threadOf(qmp, signal);
  let seen = activity();
  let states: ProcessorState[] = [];
  for (;;) {
    const state = await look(qmp, signal);
    const now = activity();
    states = now === seen ? [...states, ...state].slice(-PROBES) : [];
    seen = now;
    const halted = loopOf(states);
    if (halted !== undefined) return halted;
    await (mayBeHalted(states) ? hasGotOn(thread, signal) : delay(PROBE_MS, undefined, { signal }));
  }
}

/** QEMU's thread of the processor. */
async function threadOf(qmp: Pick<QmpClient, 'execute'>, signal: AbortSignal): Promise<number> {
  const [processor] = Processors.parse(await qmp.execute('query-cpus-fast', {}, { signal }));
  return processor['thread-id'];
}

/** It is in a state that it was in before. */
function mayBeHalted(states: readonly ProcessorState[]): boolean {
  const last = states.at(-1);
  return states.slice(0, -1).some(({ registers }) => registers === last?.registers);
}

/** Where the host keeps it waiting, and where it waits for an interrupt, the pause is a whole one. */
async function hasGotOn(thread: number, signal: AbortSignal): Promise<void> {
  const before = threadTimeMs(thread);
  for (let waited = 0; waited < PROBE_MS; waited += STEP_MS) {
    await delay(STEP_MS, undefined, { signal });
    if (threadTimeMs(thread) - before >= RAN_MS) return;
  }
}

/**
 * The loop that the last states of a processor make. One that computes or waits for time has other
 * values in its registers each time; one that comes back to the same states will not get out. The
 * timer's interrupts are on, and now and then it is seen in their handler.
 */
export function loopOf(states: readonly ProcessorState[]): HaltedCode | undefined {
  if (states.length < PROBES) return undefined;
  const same = Map.groupBy(states, ({ registers }) => registers);
  const inLoop = [...same.values()].filter(({ length }) => length >= RECURS).flat();
  if (inLoop.length < PROBES * SHARE) return undefined;
  const addresses = inLoop.map(({ instruction }) => instruction).toSorted((a, b) => a - b);
  return { kind: 'halted', instruction: addresses[addresses.length >> 1] ?? 0 };
}

/** The processor tells its exact state only while it stands still. */
async function look(
  qmp: Pick<QmpClient, 'execute'>,
  signal: AbortSignal,
): Promise<readonly ProcessorState[]> {
  await qmp.execute('stop', {}, { signal });
  const command = { 'command-line': 'info registers' };
  const text = await qmp.execute('human-monitor-command', command, { signal });
  await qmp.execute('cont', {}, { signal });
  return typeof text === 'string' ? processorState(text) : [];
}

/** Reads QEMU's `info registers` of a processor in 64-bit mode; before that there is nothing to see. */
export function processorState(text: string): readonly ProcessorState[] {
  const registers = text.match(/\bR(?:[A-Z]{2}|\d+) *=[0-9a-f]{16}\b/g) ?? [];
  const instruction = /\bRIP=([0-9a-f]{16})\b/.exec(text)?.[1];
  if (instruction === undefined) return [];
  return [{ instruction: Number.parseInt(instruction, 16), registers: registers.join(' ') }];
}
