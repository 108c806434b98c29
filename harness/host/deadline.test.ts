import { describe, expect, it, vi } from 'vitest';
import { cameInTime, poll, startAlarm, waitFor } from './deadline.ts';
import { StageTimeout } from './errors.ts';
import { stalledMs } from './host-pressure.ts';

vi.mock('./host-pressure.ts', { spy: true });

const never = () => new Promise<never>(() => undefined);

describe('a wait', () => {
  it('gives what it waited for', async () => {
    await expect(waitFor({ name: 'x', deadlineMs: 1000 }, async () => 42)).resolves.toBe(42);
  });

  it('passes a failure on', async () => {
    const failure = new Error('broken');
    const wait = waitFor({ name: 'x', deadlineMs: 1000 }, () => Promise.reject(failure));
    await expect(wait).rejects.toBe(failure);
  });

  it('says at its deadline what it waited for, how long, and what was last seen', async () => {
    const wait = { name: 'greeting', deadlineMs: 20, lastLines: () => ['last'] };
    const error = await waitFor(wait, never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StageTimeout);
    expect(error).toMatchObject({ stage: 'greeting', seconds: 0.02, lastLines: ['last'] });
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const wait = waitFor({ name: 'x', deadlineMs: 1000, signal: controller.signal }, never);
    controller.abort(reason);
    await expect(wait).rejects.toBe(reason);
  });

  it('does not begin where its signal has aborted already', async () => {
    let isBegun = false;
    const signal = AbortSignal.abort(new Error('interrupted'));
    const wait = waitFor({ name: 'x', deadlineMs: 1000, signal }, async () => {
      isBegun = true;
    });
    await expect(wait).rejects.toThrow('interrupted');
    expect(isBegun).toBe(false);
  });

  it('tells what it started that it is over', async () => {
    let seen: AbortSignal | undefined;
    await waitFor({ name: 'x', deadlineMs: 1000 }, async (signal) => {
      seen = signal;
    });
    expect(seen?.aborted).toBe(true);
  });

  it('can have its deadline as an answer', async () => {
    await expect(cameInTime({ name: 'x', deadlineMs: 1000 }, async () => 1)).resolves.toBe(true);
    await expect(cameInTime({ name: 'x', deadlineMs: 10 }, never)).resolves.toBe(false);
  });

  it('passes on the time-out of a wait inside it', async () => {
    const inner = () => waitFor({ name: 'inner', deadlineMs: 10 }, never);
    await expect(cameInTime({ name: 'outer', deadlineMs: 1000 }, inner)).rejects.toThrow('inner');
  });
});

describe('a deadline', () => {
  /** How long a wait of 20 ms takes on a host that has kept everybody waiting for a share of the time. */
  async function msOnHostThatIsBusyFor(share: number): Promise<number> {
    vi.mocked(stalledMs).mockImplementation(() => performance.now() * share);
    const startedAt = performance.now();
    await cameInTime({ name: 'x', deadlineMs: 20 }, never);
    vi.mocked(stalledMs).mockReset();
    return performance.now() - startedAt;
  }

  it('is put off by the time for which the host is busy', async () => {
    expect(await msOnHostThatIsBusyFor(0.75)).toBeGreaterThan(60);
  });

  it('comes all the same on a host that is never free', async () => {
    expect(await msOnHostThatIsBusyFor(1)).toBeGreaterThan(190);
  });

  it('does not come before what this process was too busy to hear of', async () => {
    const heard = new Promise<void>((resolve) => startAlarm(5, resolve));
    const block = async () => {
      const until = performance.now() + 100;
      while (performance.now() < until);
      return await heard;
    };
    await expect(cameInTime({ name: 'x', deadlineMs: 20 }, block)).resolves.toBe(true);
  });
});

describe('polling', () => {
  it('asks until there is an answer', async () => {
    let asked = 0;
    const probe = () => {
      asked += 1;
      return asked === 3 ? 'there' : undefined;
    };
    await expect(poll(probe, 1, new AbortController().signal)).resolves.toBe('there');
  });

  it('ends with the wait that it is in', async () => {
    let asked = 0;
    const probe = () => {
      asked += 1;
      return undefined;
    };
    const wait = waitFor({ name: 'x', deadlineMs: 30 }, (signal) => poll(probe, 5, signal));
    await expect(wait).rejects.toBeInstanceOf(StageTimeout);
    const askedByThen = asked;
    await cameInTime({ name: 'pause', deadlineMs: 30 }, never);
    expect(asked).toBe(askedByThen);
  });
});

describe('an alarm', () => {
  it('rings once', async () => {
    await new Promise<void>((resolve) => startAlarm(5, resolve));
  });

  it('does not ring once it is disposed of', async () => {
    let rang = false;
    startAlarm(10, () => {
      rang = true;
    })[Symbol.dispose]();
    await cameInTime({ name: 'pause', deadlineMs: 30 }, never);
    expect(rang).toBe(false);
  });
});
