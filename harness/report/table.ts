import { z } from 'zod';
import { STATES } from '../judge/finding.ts';

const Text = z.string();

const Cell = z.strictObject({
  predicted: Text.nullable().describe('what was computed offline; null where nothing was'),
  observed: Text.nullable().describe('what was seen; null where nothing was looked at'),
  state: z.enum(STATES),
});

const Row = z.strictObject({
  heads: z.array(Text).min(1).describe('what the row is about, a text for each column of heads'),
  cells: z.array(Cell).describe('one for each column'),
});

/** A table that a suite adds to a result: findings that are read side by side. */
export const ResultTable = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9-]+$/),
    chapter: z.string().min(1).describe('the chapter of requirements that it belongs to'),
    caption: z.string().min(1).describe('what it shows, in a sentence'),
    heads: z.array(Text).min(1).describe('names of the columns that say what a row is about'),
    columns: z.array(Text).min(1).describe('names of the columns of cells'),
    rows: z.array(Row),
  })
  .refine(
    ({ heads, columns, rows }) =>
      rows.every((row) => row.heads.length === heads.length && row.cells.length === columns.length),
    { error: 'expected rows of as many heads and cells as there are columns' },
  );

export type ResultTable = z.infer<typeof ResultTable>;

/** One row of a table. */
export type TableRow = ResultTable['rows'][number];

/** A cell of a table. */
export type TableCell = TableRow['cells'][number];

/**
 * Tables of a run: what tests left of the same one, each some of its rows, is put together in the order in
 * which they ended.
 */
export function joinTables(parts: readonly ResultTable[]): readonly ResultTable[] {
  return [...Map.groupBy(parts, ({ id }) => id).values()].flatMap((same) => {
    const [first] = same;
    return first === undefined ? [] : [{ ...first, rows: same.flatMap(({ rows }) => rows) }];
  });
}
