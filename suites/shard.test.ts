import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ListedTest, planShards } from './shard.ts';

const test = (name: string, ...machines: readonly string[]): ListedTest => ({ name, machines });

const MACHINES = fc.subarray(['uki', 'shim', 'direct', 'loader'], { maxLength: 2 });
const TESTS = fc.uniqueArray(fc.record({ name: fc.string(), machines: MACHINES }), {
  selector: ({ name }) => name,
});
const TOTAL = fc.integer({ min: 1, max: 5 });

describe('the shards of a run', () => {
  it('have every test once', () => {
    fc.assert(
      fc.property(TESTS, TOTAL, (tests, total) => {
        const { shards } = planShards(tests, total, {});
        expect(shards).toHaveLength(total);
        expect(shards.flat().sort()).toEqual(tests.map(({ name }) => name).sort());
      }),
    );
  });

  it('are the same in whatever order tests are listed', () => {
    fc.assert(
      fc.property(TESTS, TOTAL, (tests, total) => {
        expect(planShards(tests.toReversed(), total, {})).toEqual(planShards(tests, total, {}));
      }),
    );
  });

  it('boot no machine twice', () => {
    fc.assert(
      fc.property(TESTS, TOTAL, (tests, total) => {
        const { shards } = planShards(tests, total, {});
        for (const machine of ['uki', 'shim', 'direct', 'loader']) {
          const users = tests.filter(({ machines }) => machines.includes(machine));
          const places = users.map(({ name }) => shards.findIndex((one) => one.includes(name)));
          expect(new Set(places).size).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('take about as long, by what boots took before', () => {
    const tests = [test('1', 'a'), test('2', 'b'), test('3', 'c'), test('4', 'd')];
    const { shards } = planShards(tests, 2, { a: 10, b: 20, c: 30, d: 40 });
    expect(shards).toEqual([
      ['1', '4'],
      ['2', '3'],
    ]);
  });

  it('keep a twin with its twin', () => {
    const tests = [test('1', 'a'), test('2', 'b'), test('3', 'a', 'b'), test('4', 'c')];
    expect(planShards(tests, 2, {}).shards).toEqual([['1', '2', '3'], ['4']]);
  });

  it('have a digest that tells one plan from another', () => {
    const tests = [test('1', 'a'), test('2', 'b')];
    const digests = [planShards(tests, 1, {}), planShards(tests, 2, {})].map((one) => one.digest);
    expect(new Set(digests).size).toBe(2);
  });
});
