import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EnvironmentError } from '../../harness/host/errors.ts';
import type { Goal } from './goal.ts';
import { measureGoal, renderGoals } from './measure-goal.ts';

const { signal } = new AbortController();

function goal(measure: Goal['measure']): Goal {
  return { name: 'fork', what: 'a fork', unit: 's', atMost: 1, measure };
}

describe('a goal', () => {
  it.each([
    [[0.5, 9, 0.7], 'fork: 0.70 s, at most 1 s: met (a fork; 3 runs'],
    [[1.5], 'fork: 1.50 s, at most 1 s: MISSED (a fork; 1 runs'],
  ])('of figures %j is told by the median', async (figures, line) => {
    let folder = '';
    const result = await measureGoal(
      goal(async (given) => {
        folder = given;
        return figures;
      }),
      signal,
    );
    expect(renderGoals([result])).toContain(line);
    expect(existsSync(folder)).toBe(false);
  });

  it('that cannot be measured here is told, and no failure', async () => {
    const lack = new EnvironmentError({ missing: 'no toolbox', remedy: 'run scripts/setup' });
    const result = await measureGoal(
      goal(async () => Promise.reject(lack)),
      signal,
    );
    expect(renderGoals([result])).toBe('fork: not counted: no toolbox; run scripts/setup\n');
  });
});
