import { describe, expect, it } from 'vitest';
import { joinTables, ResultTable } from './table.ts';
import { sampleTable } from './testing/sample-result.ts';

describe('a table of a result', () => {
  it('has as many heads and cells in a row as there are columns', () => {
    const table = sampleTable();
    expect(ResultTable.safeParse(table).success).toBe(true);
    const [row] = table.rows;
    const short = { ...table, rows: [{ heads: ['a'], cells: [] }, row] };
    expect(ResultTable.safeParse(short).error?.issues[0]?.message).toBe(
      'expected rows of as many heads and cells as there are columns',
    );
  });

  it('is put together from the rows that tests left', () => {
    const one = sampleTable();
    const other = { ...sampleTable(), id: 'other' };
    expect(joinTables([one, other, one])).toEqual([
      { ...one, rows: [...one.rows, ...one.rows] },
      other,
    ]);
  });
});
