import type { Result } from '../result.ts';

/** What of a result may differ between two runs of the same: times, and what the run is called. */
export function withoutTimes(result: Result) {
  const { id: _, startedAt, finishedAt, seconds, command, ...run } = result.run;
  const boots = result.boots.map(({ stages, seconds, ...boot }) => ({
    ...boot,
    stages: stages.map(({ stage }) => stage),
  }));
  return { ...result, run, boots };
}
