import { setTimeout as delay } from 'node:timers/promises';
import { StageTimeout } from './errors.ts';

/** A wait: what for, how long at most, and what else may end it. */
export type Wait = {
  /** What is waited for; names the {@link StageTimeout}. */
  readonly name: string;
  readonly deadlineMs: number;
  /** Ends the wait early; the wait then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Lines to show where the wait is in vain, asked for at that moment. */
  readonly lastLines?: () => readonly string[];
};

/**
 * Waits for one thing, no longer than its deadline.
 *
 * @param wait name and limits
 * @param start begins what is waited for; its signal aborts as soon as the wait is over, so that
 *   nothing goes on behind it
 * @throws StageTimeout at the deadline; the reason of `wait.signal` where that aborts first
 */
export async function waitFor<T>(
  wait: Wait,
  start: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  wait.signal?.throwIfAborted();
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, ...(wait.signal ? [wait.signal] : [])]);
  try {
    return await Promise.race([start(signal), expiry(wait, signal)]);
  } finally {
    over.abort();
  }
}

/**
 * Waits like {@link waitFor}, for what may well not come.
 *
 * @returns whether it came before the deadline
 */
export async function cameInTime(
  wait: Wait,
  start: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  try {
    await waitFor(wait, start);
    return true;
  } catch (error) {
    if (error instanceof StageTimeout && error.stage === wait.name) return false;
    throw error;
  }
}

async function expiry(wait: Wait, signal: AbortSignal): Promise<never> {
  await delay(wait.deadlineMs, undefined, { signal }).catch(() => {
    throw signal.reason;
  });
  throw new StageTimeout({
    stage: wait.name,
    seconds: wait.deadlineMs / 1000,
    lastLines: wait.lastLines?.() ?? [],
  });
}

/**
 * Asks again and again, for the few things that nothing notifies of.
 *
 * @param probe returns what was asked for, or `undefined` where it is not there yet
 * @param everyMs pause between two questions
 * @param signal ends the polling, which then throws
 */
export async function poll<T>(
  probe: () => Promise<T | undefined> | T | undefined,
  everyMs: number,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    await delay(everyMs, undefined, { signal });
  }
}

/**
 * Calls back at a later time unless disposed of before.
 *
 * @param afterMs time until the call
 */
export function startAlarm(afterMs: number, ring: () => void): Disposable {
  const off = new AbortController();
  delay(afterMs, undefined, { signal: off.signal }).then(ring, () => undefined);
  return { [Symbol.dispose]: () => off.abort() };
}
