import { loadavg } from 'node:os';
import { dir } from 'tmp-promise';
import { EnvironmentError } from '../../harness/host/errors.ts';
import type { Goal, GoalResult } from './goal.ts';
import { median } from './statistic.ts';

/** Measures a goal; what cannot be measured here is told, and no failure. */
export async function measureGoal(goal: Goal, signal: AbortSignal): Promise<GoalResult> {
  const folder = await dir({ prefix: 'cvm-bench-', unsafeCleanup: true });
  const [load = 0] = loadavg();
  try {
    const figures = await goal.measure(folder.path, signal);
    const measured = { median: median(figures), runs: figures.length, load };
    return { goal, outcome: { kind: 'measured', ...measured } };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { goal, outcome: { kind: 'not counted', why: error.message } };
  } finally {
    await folder.cleanup();
  }
}

/**
 * Goals as lines for people.
 *
 * @returns lines, each ended by a line feed
 */
export function renderGoals(results: readonly GoalResult[]): string {
  return results.map((result) => `${lineOf(result)}\n`).join('');
}

function lineOf({ goal, outcome }: GoalResult): string {
  const { name, what, unit, atMost } = goal;
  if (outcome.kind === 'not counted') return `${name}: not counted: ${outcome.why}`;
  const { median: figure, runs, load } = outcome;
  const verdict = figure <= atMost ? 'met' : 'MISSED';
  const bound = `at most ${atMost} ${unit}: ${verdict}`;
  return `${name}: ${figure.toFixed(2)} ${unit}, ${bound} (${what}; ${runs} runs, load ${load.toFixed(1)})`;
}
