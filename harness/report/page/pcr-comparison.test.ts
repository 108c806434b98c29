import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MeasuredEvent } from '../../measure/event.ts';
import { comparePcrs } from './pcr-comparison.ts';

const event = (digest: string, type = 'EV_SEPARATOR'): MeasuredEvent => ({
  pcr: 4,
  type,
  digests: { sha256: digest },
  description: digest,
});

const told = (value: string, ...digests: readonly string[]) => ({
  pcrs: { sha256: { 4: value } },
  events: digests.map((digest) => event(digest)),
});

const of4 = (...sides: Parameters<typeof comparePcrs>) => comparePcrs(...sides)[4];

const shown = (comparison: ReturnType<typeof of4>) =>
  comparison?.events.map(({ predicted, observed, same }) => [
    predicted?.description ?? null,
    observed?.description ?? null,
    same,
  ]);

describe('forecast and observation', () => {
  it('of a PCR that is as forecast', () => {
    const comparison = of4(told('v', 'a', 'b'), told('v', 'a', 'b'));
    expect(comparison).toMatchObject({
      outcome: 'equal',
      values: [{ bank: 'sha256', predicted: 'v', observed: 'v' }],
    });
    expect(shown(comparison)).toEqual([
      ['a', 'a', true],
      ['b', 'b', true],
    ]);
  });

  it('show each difference in its place', () => {
    const comparison = of4(told('v', 'a', 'b', 'c'), told('w', 'x', 'a', 'y', 'c', 'd'));
    expect(comparison?.outcome).toBe('different');
    expect(shown(comparison)).toEqual([
      [null, 'x', false],
      ['a', 'a', true],
      ['b', 'y', false],
      ['c', 'c', true],
      [null, 'd', false],
    ]);
  });

  it('of what is not forecast, or not seen, is no agreement', () => {
    const [nothing, something] = [{ pcrs: {} }, told('v', 'a')];
    expect(of4(nothing, something)?.outcome).toBe('unknown');
    expect(of4(something, nothing)?.outcome).toBe('different');
    expect(of4(nothing, nothing)).toEqual({ pcr: 4, outcome: 'unknown', values: [], events: [] });
  });

  it('calls events the same only where a bank says so', () => {
    const other = { pcrs: {}, events: [{ ...event('a'), digests: { sha384: 'a' } }] };
    expect(shown(of4(told('v', 'a'), other))).toEqual([['a', 'a', false]]);
  });

  it('has every event of both sides once, in order', () => {
    const letters = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 8 });
    fc.assert(
      fc.property(letters, letters, (a, b) => {
        const pairs = shown(of4(told('v', ...a), told('v', ...b))) ?? [];
        expect(pairs.flatMap(([one]) => one ?? [])).toEqual(a);
        expect(pairs.flatMap(([, one]) => one ?? [])).toEqual(b);
        for (const [one, other, same] of pairs) expect(same).toBe(one === other);
      }),
    );
  });
});
