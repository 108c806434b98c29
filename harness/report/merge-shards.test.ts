import { describe, expect, it } from 'vitest';
import { mergeShards } from './merge-shards.ts';
import { Result } from './result.ts';
import { judged, resultWith } from './testing/sample-result.ts';

const PLAN = 'ab'.repeat(32);

type State = Parameters<typeof judged>[2];

/** The result of a part, whose one requirement came to these states. */
function part(index: number, states: readonly State[], run: Partial<Result['run']> = {}): Result {
  const result = resultWith([judged('CVM-MB-001', 'MUST', ...states)]);
  const shard = { index, total: 2, plan: PLAN };
  const about = { ...result.run, id: `run-${index}`, shard, command: `a --shard ${index}/2 -b` };
  return { ...result, run: { ...about, ...run } };
}

function whole(results: readonly Result[]): Result {
  return Result.parse(mergeShards(results, 'joined'));
}

describe('shards that are joined', () => {
  it('are one run, without a word of parts', () => {
    const late = { startedAt: '2026-11-21T07:01:00.000Z', finishedAt: '2026-11-21T07:05:00.000Z' };
    const { run, claim, boots, requirements, summary } = whole([
      part(2, ['pass'], late),
      part(1, ['pass']),
    ]);
    expect(run).toMatchObject({ id: 'joined', seconds: 300, command: 'a -b' });
    expect(run.shard).toBeUndefined();
    expect(requirements.map(({ state, findings }) => [state, findings.length])).toEqual([
      ['pass', 2],
    ]);
    expect([boots.length, summary.pass]).toEqual([2, 1]);
    expect(claim).toContain('meets all 1 MUST');
  });

  it.each<[State[], State[], State]>([
    [['pass'], ['fail'], 'fail'],
    [['pass'], [], 'pass'],
    [[], [], 'not-tested'],
    [['skip'], ['pass'], 'skip'],
  ])('that came to %j and %j came to %s', (one, other, state) => {
    const { requirements } = whole([part(1, one), part(2, other)]);
    expect(requirements[0]?.state).toBe(state);
  });

  it('list each image once', () => {
    const other = part(2, ['pass']);
    const image = { name: 'uki-verity', sha256: 'cd'.repeat(32), key: 'k' };
    const { environment } = whole([
      part(1, ['pass']),
      { ...other, environment: { ...other.environment, images: [image] } },
    ]);
    expect(environment.images.map(({ sha256 }) => sha256.slice(0, 2))).toEqual(['ab', 'cd']);
    expect(whole([part(1, ['pass']), part(2, ['pass'])]).environment.images).toHaveLength(1);
  });

  it.each<[string, readonly Result[]]>([
    ['there is no run', []],
    ['part 2 of 2 is missing', [part(1, ['pass'])]],
    ['part 1 of 2 is there twice: run-1, run-1', [part(1, []), part(1, []), part(2, [])]],
    ['the seed differs between run-1 and run-2', [part(1, []), part(2, [], { seed: 9 })]],
    [
      'the number of parts differs between run-1 and run-2',
      [part(1, []), part(2, [], { shard: { index: 2, total: 3, plan: PLAN } })],
    ],
    [
      'what each part runs (the known durations, or the suites, were others) differs between run-1 and run-2',
      [part(1, []), part(2, [], { shard: { index: 2, total: 2, plan: 'cd'.repeat(32) } })],
    ],
    ['run run-2 was interrupted', [part(1, ['pass']), part(2, ['pass'], { interrupted: true })]],
    ['run 2026-11-21T07-00-00Z is no shard', [part(1, []), resultWith([])]],
  ])('are not those of one run: %s', (problem, results) => {
    expect(mergeShards(results, 'joined')).toBe(problem);
  });
});
