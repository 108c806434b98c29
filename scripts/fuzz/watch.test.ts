import { describe, expect, test } from 'vitest';
import type { Finding } from './fault.ts';
import { TARGETS } from './testing/planted.ts';
import { attack } from './watch.ts';

const WORKER = new URL('./testing/planted-worker.ts', import.meta.url);
const HANG_MS = 1500;

type Plan = { runs?: number; seconds?: number; seed?: number; hangMs?: number };

async function fuzz(reader: string, plan: Plan = {}) {
  const found: Finding[] = [];
  const figures = await attack({
    worker: WORKER,
    reader,
    seed: plan.seed ?? 1,
    runs: plan.runs ?? 5000,
    seconds: plan.seconds ?? 30,
    hangMs: plan.hangMs ?? HANG_MS,
    signal: AbortSignal.timeout(60_000),
    onFinding: (finding) => found.push(finding),
  });
  return { found, figures };
}

/** What the planted reader does with a finding's input. */
function read(reader: string, input: Uint8Array): unknown {
  return TARGETS.find(({ name }) => name === reader)?.read(input);
}

describe('fuzzing', { timeout: 60_000 }, () => {
  test('a sound reader has no findings', async () => {
    const { found, figures } = await fuzz('sound', { runs: 5000 });
    expect(found).toEqual([]);
    expect(figures).toMatchObject({ reader: 'sound', inputs: 5000, findings: 0 });
  });

  test('an exception that is no FormatError is found once, with the input that shows it', async () => {
    const { found, figures } = await fuzz('throws');
    expect(found.map(({ fault }) => fault)).toEqual([
      {
        kind: 'exception',
        what: 'TypeError: planted',
        where: expect.stringMatching(/^scripts\/fuzz\/testing\/planted\.ts:\d+$/),
      },
    ]);
    expect(() => read('throws', found[0]?.input ?? new Uint8Array())).toThrow(TypeError);
    expect(figures).toMatchObject({ inputs: 5000, findings: 1 });
  });

  test('what behaves in a new way is kept: a fault behind five right bytes is found', async () => {
    const { found } = await fuzz('throws-deep', { runs: 100_000 });
    expect(found).toHaveLength(1);
  });

  test('one seed gives the same inputs, another others', async () => {
    const one = await fuzz('throws');
    const same = await fuzz('throws');
    const other = await fuzz('throws', { seed: 2 });
    expect(same.found).toEqual(one.found);
    expect(other.found[0]?.input).not.toEqual(one.found[0]?.input);
  });

  test('a reader that does not end is ended, and the next inputs are given', async () => {
    const { found, figures } = await fuzz('hangs', { seconds: 3 });
    expect(found.map(({ fault }) => fault.kind)).toEqual(['hang']);
    expect(found[0]?.input.length).toBeLessThan(8);
    expect(figures.seconds).toBeLessThan(20);
  });

  test('memory is found: a gigabyte at once, and a heap that fills up', async () => {
    const { found } = await fuzz('allocates', { runs: 20 });
    expect(found.map(({ fault }) => fault.kind)).toEqual(['memory']);
    const heap = await fuzz('fills-heap', { seconds: 1, hangMs: 20_000 });
    expect(heap.found.map(({ fault }) => fault.kind)).toContain('out of memory');
  });

  test('a slow reader is found', async () => {
    const { found } = await fuzz('slow', { seconds: 1, hangMs: 20_000 });
    expect(found.map(({ fault }) => fault.kind)).toEqual(['slow']);
  });

  test('an input that was saved is given alone', async () => {
    const found: Finding[] = [];
    const plan = {
      worker: WORKER,
      reader: 'throws',
      seed: 0,
      runs: 1,
      seconds: 30,
      hangMs: HANG_MS,
      signal: new AbortController().signal,
      onFinding: (finding: Finding) => found.push(finding),
    };
    expect(await attack({ ...plan, inputs: [Uint8Array.of(0x80)] })).toMatchObject({ findings: 1 });
    expect(await attack({ ...plan, inputs: [Uint8Array.of(0x81)] })).toMatchObject({ findings: 0 });
    expect(found.map(({ input }) => input)).toEqual([Uint8Array.of(0x80)]);
  });

  test('it ends early when it is told to', async () => {
    const stop = new AbortController();
    const fuzzing = attack({
      worker: WORKER,
      reader: 'sound',
      seed: 1,
      runs: Number.POSITIVE_INFINITY,
      seconds: Number.POSITIVE_INFINITY,
      hangMs: HANG_MS,
      signal: stop.signal,
      onFinding: () => undefined,
    });
    stop.abort();
    expect(await fuzzing).toMatchObject({ findings: 0 });
  });

  test('a reader that is not there is an error of ours', async () => {
    await expect(fuzz('nobody')).rejects.toThrow('no target nobody');
  });
});
