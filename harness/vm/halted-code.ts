import { setTimeout as delay } from 'node:timers/promises';
import type { QmpClient } from './qmp.ts';

/** Pause between two looks at the processor. */
const PROBE_MS = 15;

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

/**
 * Waits until the only processor of a VM does nothing but go round in circles, while the VM shows no
 * other sign of life.
 *
 * @param activity a number that grows with each such sign
 * @param signal ends the wait, which then throws
 */
export async function haltedCode(
  qmp: QmpClient,
  activity: () => number,
  signal: AbortSignal,
): Promise<HaltedCode> {
  let seen = activity();
  let states: ProcessorState[] = [];
  for (;;) {
    const state = await look(qmp, signal);
    const now = activity();
    states = now === seen ? [...states, ...state].slice(-PROBES) : [];
    seen = now;
    const halted = loopOf(states);
    if (halted !== undefined) return halted;
    await delay(PROBE_MS, undefined, { signal });
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
async function look(qmp: QmpClient, signal: AbortSignal): Promise<readonly ProcessorState[]> {
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
