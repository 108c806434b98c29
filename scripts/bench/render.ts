import type { Outcome, Result } from './job.ts';
import type { Spread } from './statistic.ts';

/**
 * Results as a table for people.
 *
 * @returns lines, each ended by a line feed
 */
export function renderResults(results: readonly Result[]): string {
  const rows = results.map(({ job, outcome }) => [
    job.name,
    ...cellsOf(outcome),
    `${job.ours} / ${job.peer}`,
  ]);
  const table = [['job', 'ratio', 'ours ms', 'peer ms', 'n', 'what'], ...rows];
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((row) => row[column]?.length ?? 0)),
  );
  const lines = table.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  '));
  const notes = results.flatMap(({ job, outcome }) =>
    outcome.kind === 'compared' ? [] : [`${job.name}: ${outcome.kind}: ${outcome.why}`],
  );
  return [
    ...lines,
    'ratio: median of ours over the peer, run by run in turn, below 1 we are faster; ms: min, median',
    ...notes,
  ]
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

function cellsOf(outcome: Outcome): readonly string[] {
  if (outcome.kind !== 'compared') return [outcome.kind, '', '', ''];
  const { ratio, ours, peer, runs } = outcome.comparison;
  return [ratio.toFixed(2), renderSpread(ours), renderSpread(peer), `${runs}`];
}

function renderSpread({ min, median }: Spread): string {
  return `${min.toFixed(0)}, ${median.toFixed(0)}`;
}
