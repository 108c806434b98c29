import type { FlipReport } from '../../harness/judge/judge-flips.ts';
import type { ResultTable } from '../../harness/report/table.ts';

/** Rows of the table of flipped bits: what the map says of each, and what noticed it. */
export function flipTable({ about, flips }: FlipReport): ResultTable {
  return {
    id: 'flipped-bits',
    chapter: 'dm-verity',
    caption: 'A bit of every region, flipped for real: what is said to notice that, and what did',
    heads: ['flipped in', 'region', 'offset', 'bit'],
    columns: ['noticed by'],
    rows: flips.map(({ region, offset, bits, predicted, seen, disagreement }) => ({
      heads: [about, region, `0x${offset.toString(16)}`, String(Math.log2(bits))],
      cells: [{ predicted, observed: seen, state: disagreement === undefined ? 'pass' : 'fail' }],
    })),
  };
}
