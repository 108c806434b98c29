import { describe, expect, it } from 'vitest';
import { ResultTable } from '../../harness/report/table.ts';
import { unlockTimes } from './unlock-times.ts';

const CONSOLE = `   2.344 BdsDxe: loading Boot0001 "UEFI Misc Device" from PciRoot(0x0)
   3.840 BdsDxe: starting Boot0001 "UEFI Misc Device" from PciRoot(0x0)
  10.155 cvm-stage: initrd
  13.198 cvm-volume: sealed-pcr7 opened
  14.365 cvm-volume: sealed-pcr11 opened
  17.634 cvm-stage: root
`;

const observed = (console: string) =>
  unlockTimes({ what: 'in the genuine boot', console, exchanges: [] }).rows[0]?.cells.map(
    (cell) => cell.observed,
  );

describe('the time to an unlocked root', () => {
  it('is told with its stages', () => {
    const table = unlockTimes({ what: 'in the genuine boot', console: CONSOLE, exchanges: [] });
    expect(ResultTable.parse(table).columns.at(-1)).toBe('root is unlocked');
    expect(observed(CONSOLE)).toEqual(['3.840 s', '10.155 s', '14.365 s', '17.634 s']);
  });

  it('is not told of a boot that never comes there', () => {
    expect(observed(CONSOLE.replace(/.*stage: root\n/, ''))?.at(-1)).toBe(null);
  });
});
