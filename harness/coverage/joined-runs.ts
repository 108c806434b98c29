import type { Run } from '../bytes/run-source.ts';

/** Pieces in ascending order, with those that touch or overlap joined to one. */
export function joined(runs: readonly Run[]): readonly Run[] {
  const result: Run[] = [];
  for (const run of runs.toSorted((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    if (run.length === 0) continue;
    if (last === undefined || run.offset > last.offset + last.length) {
      result.push(run);
      continue;
    }
    const end = Math.max(last.offset + last.length, run.offset + run.length);
    result[result.length - 1] = { offset: last.offset, length: end - last.offset };
  }
  return result;
}
