import { expect, it } from 'vitest';
import type { Result } from './job.ts';
import { renderResults } from './render.ts';

const spread = { min: 10.4, median: 12 };
const results: readonly Result[] = [
  {
    job: { name: 'one', ours: 'cvm', peer: 'tool' },
    outcome: {
      kind: 'compared',
      comparison: { runs: 5, ours: spread, peer: { min: 100, median: 120 }, ratio: 0.1 },
    },
  },
  {
    job: { name: 'other', ours: 'cvm', peer: 'tool' },
    outcome: { kind: 'not counted', why: 'the toolbox has no tool' },
  },
];

it('results are a table, with the reason of each that has no ratio', () => {
  expect(renderResults(results)).toBe(`\
job    ratio        ours ms  peer ms   n  what
one    0.10         10, 12   100, 120  5  cvm / tool
other  not counted                        cvm / tool
ratio: median of ours over the peer, run by run in turn, below 1 we are faster; ms: min, median
other: not counted: the toolbox has no tool
`);
});
