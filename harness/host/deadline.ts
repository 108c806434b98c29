import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { StageTimeout } from './errors.ts';
import { stalledMs } from './host-pressure.ts';

/** A deadline is put off to so many times itself at most, however busy the host is. */
const MOST_TIMES = 10;

/** What a host that is not busy loses of a time. */
const FREE_SHARE = 0.1;

/** A wait: what for, how long at most, and what else may end it. */
export type Wait = {
  /** What is waited for; names the {@link StageTimeout}. */
  readonly name: string;
  /** Of a host that is free: time for which it keeps everybody waiting does not count, see {@link freeTime}. */
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
  await freeTime(wait.deadlineMs, signal).catch(() => {
    throw signal.reason;
  });
  throw new StageTimeout({
    stage: wait.name,
    seconds: wait.deadlineMs / 1000,
    lastLines: wait.lastLines?.() ?? [],
  });
}

/**
 * Waits for a time, and longer by as much of it as the host was too busy for what is waited for, or this
 * process too busy to notice it.
 *
 * @throws AbortError where the signal aborts
 */
async function freeTime(ms: number, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  for (let left = ms; left > 0; ) {
    const [began, stalled] = [performance.now(), stalledMs()];
    await delay(left, undefined, { signal });
    // What came meanwhile is behind this timer in the queue.
    await turn(undefined, { signal });
    const passed = performance.now() - began;
    const lost = Math.min(passed, Math.max(stalledMs() - stalled, passed - left));
    const most = MOST_TIMES * ms - (performance.now() - startedAt);
    left = lost < FREE_SHARE * passed ? 0 : Math.min(lost, most);
  }
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
 * @param afterMs time until the call, as a deadline's
 */
export function startAlarm(afterMs: number, ring: () => void): Disposable {
  const off = new AbortController();
  freeTime(afterMs, off.signal).then(ring, () => undefined);
  return { [Symbol.dispose]: () => off.abort() };
}
