import { describe, expect, it } from 'vitest';
import { isPart, PartOfRun, parseJobs, parseShard } from './part-of-run.ts';

const TESTS = [
  { name: 'CVM-MB-001 uki: a', machines: ['uki'] },
  { name: 'CVM-MB-001 shim: a', machines: ['shim'] },
  { name: 'CVM-KH-001 good: a', machines: [] },
  { name: 'CVM-KH-001 other-order: a', machines: [] },
  { name: 'CVM-LM-001 snp-guest: a', machines: [] },
];

describe('the part of a run', () => {
  it('is all of it where nothing is asked for', () => {
    const whole = new PartOfRun({}, {});
    expect([isPart({}), whole.choose, whole.record]).toEqual([false, undefined, {}]);
  });

  it('is the quick selection', () => {
    const quick = new PartOfRun({ quick: true }, {});
    expect(quick.choose?.(TESTS)).toEqual([
      'CVM-MB-001 uki: a',
      'CVM-KH-001 good: a',
      'CVM-LM-001 snp-guest: a',
    ]);
    expect(quick.record).toEqual({ quick: true });
  });

  it('is a shard, and all shards are the whole', () => {
    const parts = [1, 2].map((index) => new PartOfRun({ shard: { index, total: 2 } }, {}));
    const names = parts.flatMap((part) => part.choose?.(TESTS) ?? []);
    expect(names.toSorted()).toEqual(TESTS.map(({ name }) => name).sort());
    expect(parts.map(({ record }) => record.shard)).toEqual([
      { index: 1, total: 2, plan: expect.stringMatching(/^[0-9a-f]{64}$/) },
      { index: 2, total: 2, plan: parts[0]?.record.shard?.plan },
    ]);
  });

  it('is none where there are more shards than tests', () => {
    const shard = { index: 9, total: 9 };
    expect(new PartOfRun({ shard }, {}).choose?.(TESTS)).toEqual([]);
  });
});

describe('a shard on the command line', () => {
  it('is a part and the number of parts', () => {
    expect(parseShard('2/3')).toEqual({ index: 2, total: 3 });
  });

  it.each(['0/3', '4/3', '1', '1/', '-1/2', '1/2/3', 'a/b', '1.5/2'])('is not %j', (text) => {
    expect(() => parseShard(text)).toThrow('expected I/N');
  });
});

describe('jobs on the command line', () => {
  it('are at least one', () => {
    expect(parseJobs('2')).toBe(2);
    for (const text of ['0', '-1', '1.5', 'x', '']) expect(() => parseJobs(text)).toThrow('whole');
  });
});
